/** What the keys of a config must satisfy together. */

import type { BrokenRule } from './problem.ts'
import type { NodeConfig } from './schema.ts'
import { clientAuthOf } from './tls-files.ts'

type Rule = (config: NodeConfig) => BrokenRule | undefined

const RULES: readonly Rule[] = [
  ({ cluster }) => {
    const twice = cluster.nodes.find((name, i) => cluster.nodes.indexOf(name) !== i)
    if (twice === undefined) return undefined
    return { path: ['cluster', 'nodes'], what: `${twice} stands there twice`, fix: 'name it once' }
  },
  // A node of another name is a store of FlareDB.
  ({ cluster, node, flare }) => {
    if (cluster.nodes.includes(node) || flare.enabled) return undefined
    const what = `${node} is not among cluster.nodes`
    return { path: ['node'], what, fix: `use one of ${cluster.nodes.join(', ')}` }
  },
  ({ client, http, links }) => {
    const places = [client, http, links].filter(({ port }) => port !== 0)
    const twice = places.find(
      ({ host, port }, i) => places.findIndex((p) => p.host === host && p.port === port) !== i,
    )
    if (twice === undefined) return undefined
    const what = `port ${twice.port} is used twice in this file`
    return { path: ['http', 'port'], what, fix: 'give client, http and links ports of their own' }
  },
  ({ cluster, links, node }) => {
    const alone = cluster.nodes.every((founder) => founder === node)
    if (alone || links.bootstrap.length > 0) return undefined
    const what = 'is empty, so the nodes cannot find each other'
    return { path: ['links', 'bootstrap'], what, fix: "list the nodes' link addresses" }
  },
  ({ client, http, links, debug }) => {
    if (!debug.faults || [client, http, links].every(({ host }) => isLoopback(host)))
      return undefined
    const what = 'is refused while a listener is open to other machines'
    return { path: ['debug', 'faults'], what, fix: 'listen on 127.0.0.1, or turn it off' }
  },
  ({ limits }) => {
    if (limits.bulkLevelZeroFiles <= limits.clientLevelZeroFiles) return undefined
    const what = 'is above limits.clientLevelZeroFiles: bulk would go before clients'
    return { path: ['limits', 'bulkLevelZeroFiles'], what, fix: 'lower it, or raise that' }
  },
  ({ tls }) => {
    if (tls === undefined || tls.ca !== undefined || clientAuthOf(tls) === 'none') return undefined
    const what = `is ${tls.clientAuth}, but tls.ca does not say who signs the certificates of clients`
    return { path: ['tls', 'clientAuth'], what, fix: 'add tls.ca, or make it none' }
  },
]

export function brokenRules(config: NodeConfig): BrokenRule[] {
  return RULES.flatMap((rule) => rule(config) ?? [])
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}
