/** With what the command line speaks TLS to nodes: what its flags name, or what a node's own config does. */

import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import { type Command, Option } from 'commander'
import type { ClientTls } from '../client/endpoints.ts'
import type { NodeConfig } from '../config/schema.ts'
import { certificatesIn, readTlsFiles } from '../config/tls-files.ts'
import { NodeRefused } from '../node/refused.ts'

export type Credentials = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'checkServerIdentity' | 'allowPartialTrustChain'
>

/** Named as etcdctl's. */
export interface CredentialFlags {
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
}

export const withCredentialFlags = (command: Command): Command =>
  command
    .addOption(
      new Option('--cacert <file>', 'who signed the certificates of nodes').env('PLASMA_CACERT'),
    )
    .addOption(new Option('--cert <file>', 'a certificate to show to nodes').env('PLASMA_CERT'))
    .addOption(new Option('--key <file>', 'its private key').env('PLASMA_KEY'))

/** Undefined when no flag is given. */
export function credentialsOf({ cacert, cert, key }: CredentialFlags): ClientTls | undefined {
  if (cacert === undefined && cert === undefined && key === undefined) return undefined
  if ((cert === undefined) !== (key === undefined)) {
    throw new NodeRefused('--cert and --key go together; give both, or neither')
  }
  return {
    ca: readNamed('--cacert', cacert),
    cert: readNamed('--cert', cert),
    key: readNamed('--key', key),
  }
}

/**
 * Whoever may read a node's config may read its key, and knows its certificate: that one is trusted under
 * whatever address the node listens on.
 */
export function credentialsOfNode({ tls }: NodeConfig): Credentials | undefined {
  if (tls === undefined) return undefined
  const { cert, key, ca } = readTlsFiles(tls).files
  const own = certificatesIn(cert)[0]?.raw
  return {
    ca: ca === undefined ? [cert] : [cert, ca],
    allowPartialTrustChain: true,
    cert,
    key,
    checkServerIdentity: (host, peer) =>
      own?.equals(peer.raw) ? undefined : checkServerIdentity(host, peer),
  }
}

function readNamed(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    throw new NodeRefused(`${flag} ${file} cannot be read (${code}); mend the path`)
  }
}
