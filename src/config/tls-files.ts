/**
 * The files that `tls` names: read, and found to be what they are called. What TLS makes of them is left to
 * `src/api`.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BrokenRule } from './problem.ts'
import type { TlsConfig } from './schema.ts'

export type ClientAuth = 'none' | 'optional' | 'required'

/** What the files hold, as PEM. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
  readonly clientAuth: ClientAuth
}

export interface ReadTls {
  readonly files: TlsFiles
  /** None: the files may be used. */
  readonly problems: readonly BrokenRule[]
}

/** As etcd has it: whoever says who signs the certificates of clients wants to see them. */
export const clientAuthOf = ({ clientAuth, ca }: TlsConfig): ClientAuth =>
  clientAuth ?? (ca === undefined ? 'none' : 'required')

export function readTlsFiles(tls: TlsConfig): ReadTls {
  const problems: BrokenRule[] = []
  const read = (key: FileKey, check: (pem: string) => void): string => {
    const [text, problem] = readOne(key, tls[key] as string, check)
    if (problem !== undefined) problems.push(problem)
    return text
  }
  const cert = read('cert', certificatesIn)
  const key = read('key', createPrivateKey)
  const ca = tls.ca === undefined ? undefined : read('ca', certificatesIn)
  if (problems.length === 0 && !belongTogether(cert, key)) {
    const what = `${tls.key} is not the key of the certificate in ${tls.cert}`
    problems.push({ path: ['tls', 'key'], what, fix: 'name the two that were made together' })
  }
  return { files: { cert, key, ca, clientAuth: clientAuthOf(tls) }, problems }
}

/** Every certificate of a PEM text, in its order. Throws when one is damaged, or there is none. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)
  if (blocks === null) throw new Error('no certificate')
  return blocks.map((block) => new X509Certificate(block))
}

type FileKey = 'cert' | 'key' | 'ca'

const HOLDS: Readonly<Record<FileKey, string>> = {
  cert: 'certificate',
  key: 'private key',
  ca: 'certificate',
}

function readOne(
  key: FileKey,
  file: string,
  check: (pem: string) => void,
): [text: string, problem?: BrokenRule] {
  const path = ['tls', key]
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return ['', { path, ...unreadable(file, codeOf(error)) }]
  }
  try {
    check(text)
    return [text]
  } catch {
    return [text, { path, ...unusable(file, text, HOLDS[key]) }]
  }
}

function unreadable(file: string, code: string): Omit<BrokenRule, 'path'> {
  if (code !== 'ENOENT') {
    return { what: `${file} cannot be read (${code})`, fix: 'check who may read it' }
  }
  const fix = 'mend the path, or make certificates with `plasma init --tls`'
  return { what: `there is no file ${file}`, fix }
}

/** Both forms of an encrypted key say so: in the first line, or in the one after it. */
function unusable(file: string, text: string, what: string): Omit<BrokenRule, 'path'> {
  return /^-----BEGIN .*KEY-----$/m.test(text) && text.includes('ENCRYPTED')
    ? { what: `${file} is encrypted`, fix: 'give a key without a passphrase' }
    : { what: `${file} holds no ${what} in PEM`, fix: 'name the file that does' }
}

function belongTogether(cert: string, key: string): boolean {
  return (certificatesIn(cert)[0] as X509Certificate).checkPrivateKey(createPrivateKey(key))
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''
