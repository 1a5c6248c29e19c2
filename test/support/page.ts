/** An HTTP page of a node, plain or in TLS. */

import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { text } from 'node:stream/consumers'
import type { ClientTls } from '../../src/client/endpoints.ts'

export interface PageRequest {
  /** `host:port`. */
  readonly at: string
  readonly path: string
  readonly method?: string
  readonly body?: string
  /** Plain text without. */
  readonly tls?: ClientTls | undefined
  readonly timeoutMs?: number
}

export interface PageAnswer {
  readonly status: number
  readonly body: string
}

export function askPage(asked: PageRequest): Promise<PageAnswer> {
  const { at, path, method = 'GET', body, tls, timeoutMs } = asked
  return new Promise((resolve, reject) => {
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    const options = { method, agent: false, signal, ...tls }
    const request =
      tls === undefined
        ? plain(`http://${at}${path}`, options)
        : secure(`https://${at}${path}`, options)
    request.on('error', reject)
    request.on('response', (response) => {
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, body: all }), reject)
    })
    request.end(body)
  })
}
