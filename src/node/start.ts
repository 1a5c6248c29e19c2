/**
 * The one place where a node is put together: directory, ports, store, shards, doors, links, and the
 * way back. Throws `NodeRefused` for what its user can mend.
 */

import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterId } from '../api/etcd/ids.ts'
import { must } from '../base/assert.ts'
import { nodeName } from '../base/ids.ts'
import type { Log } from '../base/ports/log.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { LinkEvents } from '../net/link.ts'
import { createIdentity } from '../net/swarm/identity.ts'
import { rememberPeersIn } from '../net/swarm/peers-file.ts'
import { openSwarmLinks, type SwarmLinks } from '../net/swarm/swarm-links.ts'
import { NodeShards } from '../runtime/threads/node-shards.ts'
import { REAL_CLOCK, REAL_RANDOM } from '../runtime/threads/real-clock.ts'
import { StoreUnusable } from '../storage/level/level-store.ts'
import {
  type DataDirectory,
  openDataDirectory,
  releaseDataDirectory,
  writeAtomically,
} from './data-directory.ts'
import { makeParts } from './parts.ts'
import { type NodePlan, planNode } from './plan.ts'
import { claimPort } from './ports.ts'
import { NodeRefused } from './refused.ts'
import { statusReport } from './report.ts'
import { Unwelcome } from './unwelcome.ts'

export interface StartOptions {
  readonly rejoin: boolean
  readonly version: string
}

export interface RunningNode {
  /** Hands leadership over, answers what is under way, flushes, closes; the store last. */
  stop(): Promise<void>
}

/** The exit code of a node that must not go on. */
const FATAL = 70

export async function startNode(config: NodeConfig, options: StartOptions): Promise<RunningNode> {
  const directory = openDataDirectory({
    path: config.data,
    clusterId: clusterId(config.cluster.name).toString(16),
    node: config.node,
    createIdentity,
  })
  const clientPort = await claimPort('client', config.client.host, config.client.port)
  const httpPort = await claimPort('http', config.http.host, config.http.port)
  const plan = planNode({ config, identity: directory.identity, clientPort, ...options })
  mkdirSync(plan.storeDirectory, { recursive: true })
  const parts = makeParts(plan, 0)
  const shards = await startShards(plan, parts)
  const links = await openLinks(config, directory, shards, parts.log)
  shards.attach(links)
  const http = `${config.http.host}:${httpPort}`
  const pages = createServer(async (request, response) => {
    if (request.url !== '/status') return response.writeHead(404).end()
    const report = await statusReport({ plan, shards, links, http })
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(report))
  })
  pages.listen(httpPort, config.http.host)
  const ready = {
    client: `${config.client.host}:${clientPort}`,
    http,
    links: `${links.address.host}:${links.address.port}`,
    pid: process.pid,
  }
  writeAtomically(join(config.data, 'ready.json'), `${JSON.stringify(ready)}\n`)
  parts.log.info(ready, 'ready')
  return {
    async stop() {
      await shards.stop()
      await links.close()
      pages.close()
      releaseDataDirectory(config.data)
      parts.log.info({}, 'stopped')
    },
  }
}

async function startShards(
  plan: NodePlan,
  parts: ReturnType<typeof makeParts>,
): Promise<NodeShards> {
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
      fatal: (reason) => endWith(parts.log, reason),
    })
  } catch (error) {
    if (error instanceof StoreUnusable) throw new NodeRefused(error.message)
    throw error
  }
}

async function openLinks(
  { cluster, node, links, shards: workers }: NodeConfig,
  { path, identity, keySeed }: DataDirectory,
  shards: NodeShards,
  log: Log,
): Promise<SwarmLinks> {
  const others = cluster.nodes.filter((name) => name !== node)
  const unwelcome = new Unwelcome(others.length, (reason) => endWith(log, reason))
  const events: LinkEvents = {
    up(peer) {
      unwelcome.accepted()
      shards.up(peer)
    },
    down: (peer) => shards.down(peer),
    frame: (peer, lane, frame) => shards.frame(peer, lane, frame),
  }
  try {
    return await openSwarmLinks({
      cluster: cluster.name,
      secrets: typeof cluster.secret === 'string' ? [cluster.secret] : cluster.secret,
      node: nodeName(node),
      identity: { ...identity, seed: keySeed },
      shards: workers,
      host: links.host,
      port: links.port,
      bootstrap: links.bootstrap,
      events,
      onRefused: (refusal) => unwelcome.refused(refusal),
      remembered: rememberPeersIn(join(path, 'peers.json')),
      admit: async ({ name }) =>
        cluster.nodes.includes(name)
          ? { admitted: true }
          : { admitted: false, reason: `${name} is not among cluster.nodes` },
      clock: REAL_CLOCK,
      random: REAL_RANDOM,
      log,
    })
  } catch (error) {
    throw new NodeRefused(`links: ${must(error as Error | undefined, 'an error').message}`)
  }
}

/** One line, and no more of this node. */
function endWith(log: Log, reason: string): never {
  log.error({ fatal: true }, reason)
  process.exit(FATAL)
}
