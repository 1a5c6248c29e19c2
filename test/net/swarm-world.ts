/** Nodes on loopback addresses for tests: free ports, the real clock, and an ear for each. */

import type { NodeName } from '../../src/base/ids.ts'
import { SILENT } from '../../src/base/ports/log.ts'
import { createIdentity } from '../../src/net/swarm/identity.ts'
import { openSwarmLinks, type SwarmLinks } from '../../src/net/swarm/swarm-links.ts'
import type { Refusal, SwarmOptions } from '../../src/net/swarm/swarm-options.ts'
import { freePorts } from '../support/ports.ts'
import { Ear } from './ear.ts'

export const HOST = '127.0.0.1'
export const SECRET = 'a secret of this test'

export interface SwarmNode {
  readonly name: NodeName
  readonly links: SwarmLinks
  readonly ear: Ear
  readonly refusals: Refusal[]
  /** What it was opened with, to open it again. */
  readonly options: SwarmOptions
}

export async function openNode(
  name: string,
  port: number,
  bootstrap: readonly number[],
  extra: Partial<SwarmOptions> = {},
): Promise<SwarmNode> {
  const ear = new Ear()
  const refusals: Refusal[] = []
  const options: SwarmOptions = {
    cluster: 'test',
    secrets: [SECRET],
    node: name as NodeName,
    identity: createIdentity(),
    shards: 2,
    clientUrl: 'http://127.0.0.1:2379',
    host: HOST,
    port,
    bootstrap: bootstrap.map((at) => `${HOST}:${at}`),
    admit: async () => ({ admitted: true }),
    clock: { monotonicMs: () => Math.floor(performance.now()), wallMs: Date.now },
    random: { below: (bound) => Math.floor(Math.random() * bound) },
    log: SILENT,
    ...extra,
    events: ear,
    onRefused: (refusal) => {
      refusals.push(refusal)
      extra.onRefused?.(refusal)
      ear.changed()
    },
  }
  return { name: options.node, links: await openSwarmLinks(options), ear, refusals, options }
}

/** Runs with some nodes and closes them, whatever happened. */
export async function withNodes(
  open: () => Promise<SwarmNode[]>,
  body: (...nodes: SwarmNode[]) => Promise<void>,
): Promise<void> {
  const nodes = await open()
  try {
    await body(...nodes)
  } finally {
    await Promise.all(nodes.map((node) => node.links.close()))
  }
}

/** Nodes n1, n2 … that bootstrap from each other. */
export async function openCluster(
  count: number,
  extra: Partial<SwarmOptions> = {},
): Promise<SwarmNode[]> {
  const ports = await freePorts(count)
  return Promise.all(ports.map((port, i) => openNode(`n${i + 1}`, port, ports, extra)))
}

export async function allConnected(nodes: readonly SwarmNode[]): Promise<void> {
  const others = (self: SwarmNode) => nodes.filter((node) => node !== self).map(({ name }) => name)
  await Promise.all(nodes.map((node) => node.ear.connected(...others(node))))
}
