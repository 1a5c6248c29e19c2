/**
 * The one place where a node is put together: directory, ports, store, shards, doors, links, pages, and
 * the way back. Throws `NodeRefused` for what its user can mend.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterId } from '../api/etcd/ids.ts'
import { Listener } from '../api/listener.ts'
import type { Log } from '../base/ports/log.ts'
import type { NodeConfig } from '../config/schema.ts'
import { createIdentity } from '../net/swarm/identity.ts'
import type { SwarmLinks } from '../net/swarm/swarm-links.ts'
import { NodeShards } from '../runtime/threads/node-shards.ts'
import { StoreUnusable } from '../storage/level/level-store.ts'
import { findLogDamage } from '../storage/level/log-check.ts'
import { CERTIFICATES, Certificates, readIdentity } from './certificates.ts'
import { openDataDirectory, releaseDataDirectory, writeAtomically } from './data-directory.ts'
import { handOver, handOverRegions } from './hand-over.ts'
import { openLinks } from './links.ts'
import { MemberBook } from './members.ts'
import { releaseStartMemory, tuneMemory } from './memory.ts'
import { nodePages } from './pages.ts'
import { makeParts, type NodeParts } from './parts.ts'
import { type NodePlan, planNode } from './plan.ts'
import { claimPort } from './ports.ts'
import { NodeRefused } from './refused.ts'

export interface StartOptions {
  /** Comes back as a new member: what the data directory held is set aside. */
  readonly rejoin: boolean
  readonly version: string
}

export interface RunningNode {
  /** Hands leadership over, answers what is under way, flushes, closes; the store last. */
  stop(): Promise<void>
  /** Looks for new certificates at once; a node without TLS has none. */
  readonly renew: (() => void) | undefined
}

/** The exit code of a node that must not go on. */
const FATAL = 70
/** The exit code of a node whose user can mend what is wrong. */
const REFUSED = 1

export async function startNode(config: NodeConfig, options: StartOptions): Promise<RunningNode> {
  tuneMemory()
  const directory = openDataDirectory({
    path: config.data,
    clusterId: clusterId(config.cluster.name).toString(16),
    node: config.node,
    rejoin: options.rejoin,
    createIdentity,
  })
  const clientPort = await claimPort('client', config.client.host, config.client.port)
  const httpPort = await claimPort('http', config.http.host, config.http.port)
  const tls = config.tls && { identity: readIdentity(config.tls) }
  const members = new MemberBook(join(config.data, 'members.json'), config.cluster.nodes, {
    [config.node]: `${tls ? 'https' : 'http'}://${config.client.host}:${clientPort}`,
  })
  const plan = planNode({
    config,
    identity: directory.identity,
    clientPort,
    httpPort,
    clientUrls: members.urls,
    tls,
    ...options,
  })
  const parts = makeParts(plan, 0)
  const shards = await startShards(plan, parts)
  const links = await openLinks({
    config,
    directory,
    shards,
    members,
    log: parts.log,
    giveUp: (reason) => endWith(parts.log, reason, REFUSED),
  })
  shards.attach(links)
  const pages = nodePages({ plan, parts, shards, links })
  const http = await Listener.open({
    host: config.http.host,
    port: httpPort,
    reusePort: false,
    tls: config.http.tls ? tls?.identity : undefined,
    pages,
  })
  const certificates = watchCertificates({ config, plan, shards, http, log: parts.log })
  announce(config, plan, links, parts.log)
  return {
    renew: certificates && (() => certificates.look()),
    stop: () => stopNode({ config, plan, shards, links, http, certificates, log: parts.log }),
  }
}

type Watched = Pick<Running, 'config' | 'plan' | 'shards' | 'http' | 'log'>

function watchCertificates({ config, plan, shards, http, log }: Watched): Certificates | undefined {
  if (config.tls === undefined || plan.tls === undefined) return undefined
  return new Certificates({
    tls: config.tls,
    current: plan.tls,
    log,
    renewed(identity) {
      void shards.requestAll(CERTIFICATES, identity)
      http.renew(identity)
    },
  })
}

async function startShards(plan: NodePlan, parts: NodeParts): Promise<NodeShards> {
  mkdirSync(plan.storeDirectory, { recursive: true })
  if (plan.sync) refuseDamage(plan.storeDirectory, parts.log)
  // Compiled, this file and its neighbour end otherwise.
  const neighbour = `./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`
  try {
    return await NodeShards.start({
      node: plan.tree.node,
      workers: plan.tree.workers,
      module: { filename: fileURLToPath(new URL(neighbour, import.meta.url)), name: 'runShard' },
      config: plan,
      parts,
      faults: plan.faults,
      fatal: (reason) => endWith(parts.log, reason, FATAL),
    })
  } catch (error) {
    if (error instanceof StoreUnusable) throw new NodeRefused(error.message)
    throw error
  }
}

/** Before LevelDB opens its log: it would drop what is damaged and say nothing. */
function refuseDamage(directory: string, log: Log): void {
  const damage = findLogDamage(directory)
  if (damage === undefined) return
  const { file, at, acknowledged } = damage
  const what = `${join(directory, file)} has a damaged record at byte ${at}`
  if (acknowledged) throw new NodeRefused(`${what}; start with --rejoin to come back empty`)
  log.warn({ file, at }, 'the last write was torn, as by a power cut, and is dropped')
}

/** Tells whoever waits for this node, by a record and by a file, where it is. */
function announce({ data }: NodeConfig, plan: NodePlan, { address }: SwarmLinks, log: Log): void {
  const ready = {
    client: `${plan.client.host}:${plan.client.port}`,
    http: plan.http,
    links: `${address.host}:${address.port}`,
    pid: process.pid,
  }
  writeAtomically(join(data, 'ready.json'), `${JSON.stringify(ready)}\n`)
  releaseStartMemory()
  log.info(ready, 'ready')
}

interface Running {
  readonly config: NodeConfig
  readonly plan: NodePlan
  readonly shards: NodeShards
  readonly links: SwarmLinks
  /** The HTTP port. */
  readonly http: Listener
  readonly certificates: Certificates | undefined
  readonly log: Log
}

async function stopNode(running: Running): Promise<void> {
  const { config, plan, shards, links, http, certificates, log } = running
  certificates?.close()
  const { node, groups, flare } = plan.tree
  if (flare !== undefined) await handOverRegions(shards.outside, node, shards)
  await handOver(shards.outside, node, groups)
  await shards.stop()
  await links.close()
  await http.close(0)
  releaseDataDirectory(config.data)
  log.info({}, 'stopped')
}

/** One line, and no more of this node. */
function endWith(log: Log, reason: string, code: number): never {
  log.error({ fatal: true }, reason)
  process.exit(code)
}
