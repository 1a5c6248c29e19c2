/** Asks a node for its status over HTTP, plain or in TLS. */

import { readFileSync } from 'node:fs'
import { get as getPlain, type IncomingMessage } from 'node:http'
import { get as getSecure } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { NodeConfig } from '../config/schema.ts'
import type { StatusReport } from '../node/status-report.ts'
import type { Credentials } from './credentials.ts'

const PATIENCE_MS = 2000

export interface Target {
  /** `http://host:port`, or `https`. */
  readonly url: string
  /** Read anew each time: certificates are renewed. */
  credentials(): Credentials | undefined
}

export interface Answer {
  readonly report: StatusReport | undefined
  /** Why there is none, where whoever asks can mend it. */
  readonly failure?: string | undefined
}

/** What the node tells; nothing if it does not answer. */
export async function askStatus({ url, credentials }: Target): Promise<Answer> {
  try {
    const response = await get(`${url}/status`, credentials())
    const body = await text(response)
    if (response.statusCode === 200) return { report: JSON.parse(body) as StatusReport }
    return { report: undefined, failure: body.trim() }
  } catch (error) {
    return { report: undefined, failure: mendable(error) }
  }
}

/** Where a node answers HTTP: by its config, or by what it wrote when the config leaves it open. */
export function httpUrl({ data, http, tls }: NodeConfig): string {
  const scheme = tls !== undefined && http.tls ? 'https' : 'http'
  const written = http.port === 0 ? readReady(data)?.http : undefined
  return `${scheme}://${written ?? `${http.host}:${http.port}`}`
}

function get(url: string, credentials: Credentials | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const request = url.startsWith('https:')
      ? getSecure(url, { ...credentials, signal, agent: false }, resolve)
      : getPlain(url, { signal, agent: false }, resolve)
    request.on('error', reject)
  })
}

/** A node that is not there, or is too slow, is down: that says enough. */
function mendable(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/TLSV1.*(CERTIFICATE|UNKNOWN_CA)/.test(code)) {
    return 'it refuses the certificate of this client, or wants one; give --cert and --key'
  }
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) {
    return `its certificate is not trusted (${code}); give the --cacert that signed it`
  }
  return undefined
}

function readReady(data: string): { http: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8')) as { http: string }
  } catch {
    return undefined
  }
}
