/** Writes the config files of a new cluster: one for each node, a secret that nobody else knows. */

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfig } from '../config/load.ts'
import { ConfigError } from '../config/problem.ts'
import { NodeRefused } from '../node/refused.ts'

export interface InitOptions {
  /** Names with commas between. */
  readonly nodes: string
  readonly name: string
  readonly host: string
  /** Client port of the first node. */
  readonly port: string
}

interface NewCluster {
  readonly names: readonly string[]
  readonly cluster: string
  readonly host: string
  readonly first: number
  readonly secret: string
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
  const secret = randomBytes(24).toString('base64url')
  const cluster = { names, cluster: options.name, host: options.host, first, secret }
  const texts = names.map((_, i) => configText(i, cluster))
  refuseMistakes(texts[0] as string)
  const there = files.find((file) => existsSync(file))
  if (there !== undefined) {
    throw new NodeRefused(`${there} is there already; remove it, or choose another directory`)
  }
  mkdirSync(directory, { recursive: true })
  // The secret is for nobody else's eyes.
  for (const [i, file] of files.entries()) writeFileSync(file, texts[i] as string, { mode: 0o600 })
  return files
}

function configText(i: number, { names, cluster, host, first, secret }: NewCluster): string {
  const links = names.map((_, other) => `"${host}:${first + LINK_OFFSET + other * STEP}"`)
  return `# Node ${names[i]} of the cluster ${cluster}. \`plasma config schema\` describes every key.
cluster:
  name: ${cluster}
  secret: ${secret}
  nodes: [${names.join(', ')}]
node: ${names[i]}
data: ./data/${names[i]}
client: { host: "${host}", port: ${first + i * STEP} }
http: { host: "${host}", port: ${first + HTTP_OFFSET + i * STEP} }
links:
  host: "${host}"
  port: ${first + LINK_OFFSET + i * STEP}
  bootstrap: [${links.join(', ')}]
shards: 2
`
}

/** What a node would refuse is not written. The texts differ in nothing that could be wrong in one alone. */
function refuseMistakes(text: string): void {
  try {
    checkConfig({ file: 'config', text, environment: {}, sets: [] })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const told = error.problems.map(({ path, what }) => (path === '' ? what : `${path}: ${what}`))
    throw new NodeRefused(`nothing was written: ${told.join('; ')}`)
  }
}
