/** Writes the config files of a new cluster: one for each node, a secret that nobody else knows. */

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NodeRefused } from '../node/refused.ts'

export interface InitOptions {
  /** Names with commas between. */
  readonly nodes: string
  readonly name: string
  readonly host: string
  /** Client port of the first node. */
  readonly port: string
}

const HTTP_OFFSET = 5702
const LINK_OFFSET = 22_412
const STEP = 100

/** The paths written. Overwrites nothing. */
export function initCluster(directory: string, options: InitOptions): string[] {
  const names = options.nodes.split(',').map((name) => name.trim())
  const first = Number(options.port)
  if (!Number.isInteger(first) || first < 1 || first + LINK_OFFSET + STEP * names.length > 65_535) {
    throw new NodeRefused(
      `--port ${options.port} leaves no room for the others; take one near 2379`,
    )
  }
  const files = names.map((name) => join(directory, `${name}.yaml`))
  const there = files.find((file) => existsSync(file))
  if (there !== undefined) {
    throw new NodeRefused(`${there} is there already; remove it, or choose another directory`)
  }
  mkdirSync(directory, { recursive: true })
  const secret = randomBytes(24).toString('base64url')
  const links = names.map((_, i) => `"${options.host}:${first + LINK_OFFSET + i * STEP}"`)
  for (const [i, name] of names.entries()) {
    const text = `# Node ${name} of the cluster ${options.name}. \`plasma config schema\` describes every key.
cluster:
  name: ${options.name}
  secret: ${secret}
  nodes: [${names.join(', ')}]
node: ${name}
data: ./data/${name}
client: { host: ${options.host}, port: ${first + i * STEP} }
http: { host: ${options.host}, port: ${first + HTTP_OFFSET + i * STEP} }
links:
  host: ${options.host}
  port: ${first + LINK_OFFSET + i * STEP}
  bootstrap: [${links.join(', ')}]
shards: 2
`
    writeFileSync(files[i] as string, text, { mode: 0o600 })
  }
  return files
}
