/** The certificates of a new cluster, as files: its authority, one for each node, one for a client. */

import { hostname } from 'node:os'
import { join } from 'node:path'
import { Authority, type Issued } from './certificates.ts'

export interface NewFile {
  readonly path: string
  readonly text: string
  /** For nobody else's eyes. */
  readonly secret: boolean
}

/** Renewing the authority means telling every client: that should be rare. */
const AUTHORITY_DAYS = 3650
const DAYS = 825

export interface CertifiedCluster {
  readonly names: readonly string[]
  readonly cluster: string
  /** Address that the nodes listen on. */
  readonly host: string
}

export async function newCertificates(
  directory: string,
  { names, cluster, host }: CertifiedCluster,
): Promise<NewFile[]> {
  const authority = await Authority.make(`${cluster} CA`, AUTHORITY_DAYS)
  const pair = (name: string, { cert, key }: Issued): NewFile[] => [
    { path: join(directory, `${name}.crt`), text: cert, secret: false },
    { path: join(directory, `${name}.key`), text: key, secret: true },
  ]
  const nodes = await Promise.all(
    names.map(async (name) =>
      pair(name, await authority.issue({ name, hosts: hostsOf(name, host), days: DAYS })),
    ),
  )
  const client = await authority.issue({ name: 'client', hosts: [], days: DAYS })
  return [...pair('ca', authority.issued), ...nodes.flat(), ...pair('client', client)]
}

/** Whatever a client may call a node by, as far as it is known here. */
function hostsOf(name: string, host: string): string[] {
  const known = [name, 'localhost', hostname(), '127.0.0.1', '::1', host]
  return [...new Set(known)].filter((each) => !['0.0.0.0', '::'].includes(each))
}
