/**
 * The certificates of a node's ports: read at the start, and again when their files have changed or somebody
 * asks. New ones that cannot be used are refused with a line in the log, and the old ones stay.
 */

import { X509Certificate } from 'node:crypto'
import { checkIdentity, type TlsIdentity } from '../api/tls.ts'
import type { Log } from '../base/ports/log.ts'
import type { TlsConfig } from '../config/schema.ts'
import { readTlsFiles } from '../config/tls-files.ts'
import { NodeRefused } from './refused.ts'

/** The name under which a shard is told new certificates. */
export const CERTIFICATES = 'certificates'

/** Renewed in place, so that a worker that begins again is handed the newest. */
export interface CurrentTls {
  identity: TlsIdentity
}

export interface CertificatesParts {
  readonly tls: TlsConfig
  readonly current: CurrentTls
  readonly log: Log
  /** They are for connections to come. */
  renewed(identity: TlsIdentity): void
}

const LOOK_EVERY_MS = 10_000
const SOON_MS = 30 * 86_400_000

/** Throws `NodeRefused` for what cannot be used. */
export function readIdentity(tls: TlsConfig): TlsIdentity {
  const { files, problems } = readTlsFiles(tls)
  const [problem] = problems
  if (problem) throw new NodeRefused(`${problem.path.join('.')}: ${problem.what}; ${problem.fix}`)
  try {
    checkIdentity(files)
  } catch (error) {
    const why = error instanceof Error ? error.message : error
    throw new NodeRefused(`tls.cert: ${tls.cert} is refused by OpenSSL (${why}); make another one`)
  }
  return files
}

export class Certificates {
  readonly #parts: CertificatesParts
  readonly #timer: NodeJS.Timeout
  #complaint = ''

  constructor(parts: CertificatesParts) {
    this.#parts = parts
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref()
    this.#tellDates()
  }

  /** Reads the files now, and takes what they hold if it is new and may be used. */
  look(): void {
    const { tls, current, log, renewed } = this.#parts
    try {
      const identity = readIdentity(tls)
      this.#complaint = ''
      if (JSON.stringify(identity) === JSON.stringify(current.identity)) return
      current.identity = identity
      renewed(identity)
      log.info({}, 'new certificates are in use')
      this.#tellDates()
    } catch (error) {
      if (!(error instanceof NodeRefused)) throw error
      if (this.#complaint !== error.message)
        log.error({}, `the old certificates stay: ${error.message}`)
      this.#complaint = error.message
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** It is for clients to refuse a certificate by its dates: a node with an old one still serves the others. */
  #tellDates(): void {
    const { tls, current, log } = this.#parts
    const { validFromDate, validToDate } = new X509Certificate(current.identity.cert)
    const file = tls.cert
    const until = validToDate.toISOString()
    const leftMs = validToDate.getTime() - Date.now()
    if (leftMs <= 0) log.warn({ file, until }, 'the certificate has expired: clients refuse it')
    else if (leftMs <= SOON_MS) log.warn({ file, until }, 'the certificate expires soon')
    if (validFromDate.getTime() > Date.now()) {
      log.warn({ file, from: validFromDate.toISOString() }, 'the certificate is not valid yet')
    }
  }
}
