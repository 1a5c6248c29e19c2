/**
 * Writes the files of a new cluster: a config for each node, with a secret that nobody else knows, and
 * certificates if TLS is wished.
 */

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkConfig } from '../config/load.ts'
import { ConfigError } from '../config/problem.ts'
import { NodeRefused } from '../node/refused.ts'
import type { NewFile } from './new-certificates.ts'

export interface InitOptions {
  /** Names with commas between. */
  readonly nodes: string
  readonly name: string
  readonly host: string
  /** Client port of the first node. */
  readonly port: string
  /** An authority of the cluster's own, and certificates for the nodes and one client. */
  readonly tls?: boolean
}

interface NewCluster {
  readonly names: readonly string[]
  readonly cluster: string
  readonly host: string
  readonly first: number
  readonly secret: string
  readonly tls: boolean
}

const HTTP_OFFSET = 5702
const LINK_OFFSET = 22_412
const STEP = 100
/** Where certificates lie, beside the configs. */
export const CERTIFICATES = 'certs'

/** The paths written. Overwrites nothing. */
export async function initCluster(directory: string, options: InitOptions): Promise<string[]> {
  const cluster = newCluster(options)
  const configs = cluster.names.map((name, i) => ({
    path: join(directory, `${name}.yaml`),
    text: configText(i, cluster),
    secret: true,
  }))
  refuseMistakes(configs[0]?.text as string)
  const files = [...configs, ...(cluster.tls ? await certificatesOf(directory, cluster) : [])]
  const there = files.find(({ path }) => existsSync(path))
  if (there !== undefined) {
    throw new NodeRefused(`${there.path} is there already; remove it, or choose another directory`)
  }
  for (const { path, text, secret } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: secret ? 0o600 : 0o644 })
  }
  return files.map(({ path }) => path)
}

function newCluster({ nodes, name, host, port, tls = false }: InitOptions): NewCluster {
  const names = nodes.split(',').map((each) => each.trim())
  const first = Number(port)
  if (!Number.isInteger(first) || first < 1 || first + LINK_OFFSET + STEP * names.length > 65_535) {
    throw new NodeRefused(`--port ${port} leaves no room for the others; take one near 2379`)
  }
  const secret = randomBytes(24).toString('base64url')
  return { names, cluster: name, host, first, secret, tls }
}

async function certificatesOf(directory: string, cluster: NewCluster): Promise<NewFile[]> {
  const { newCertificates } = await import('./new-certificates.ts')
  return newCertificates(join(directory, CERTIFICATES), cluster)
}

function configText(i: number, { names, cluster, host, first, secret, tls }: NewCluster): string {
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
${tls ? tlsText(names[i] as string) : ''}`
}

const tlsText = (name: string): string => `tls:
  cert: ./${CERTIFICATES}/${name}.crt
  key: ./${CERTIFICATES}/${name}.key
  ca: ./${CERTIFICATES}/ca.crt
  clientAuth: required
`

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
