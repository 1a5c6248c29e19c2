/** The nodes that a place on the command line means: a directory, one config file, or an address. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { NodeConfig } from '../config/schema.ts'
import { NodeRefused } from '../node/refused.ts'

export interface KnownNode {
  readonly file: string
  readonly config: NodeConfig
}

/** Config files of a directory, in the order of their names. */
export function nodesOf(place: string, sets: readonly string[]): KnownNode[] {
  const files = isDirectory(place)
    ? readdirSync(place)
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => join(place, name))
    : [place]
  if (files.length === 0) {
    throw new NodeRefused(`${place} holds no config file; write some with plasma init ${place}`)
  }
  const nodes = files.map((file) => ({
    file,
    config: loadConfig({ file, environment: process.env, sets }),
  }))
  for (const [i, { config, file }] of nodes.entries()) {
    const other = nodes.findIndex((node) => node.config.node === config.node)
    if (other !== i) {
      throw new NodeRefused(
        `${file} and ${nodes[other]?.file} are both of node ${config.node}; name them apart`,
      )
    }
  }
  return nodes
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false
}
