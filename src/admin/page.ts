/** One HTTP page: takes the request, answers it whole. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../base/ports/log.ts'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Visit {
  readonly method: string
  readonly url: URL
  readonly request: IncomingMessage
}

export type Page = (visit: Visit) => Promise<Answer>

const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json'

export const text = (status: number, body: string): Answer => ({ status, type: TEXT, body })

/** Ids beyond 2^53 are written as text. */
export const json = (status: number, value: object): Answer => ({
  status,
  type: JSON_TYPE,
  body: `${JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part))}\n`,
})

const NOT_FOUND = text(404, '404 page not found\n')

/** Answers as Go's HTTP server words it: what etcd's probes have seen before. */
export function onlyMethod(method: string, page: Page): Page {
  return async (visit) => {
    if (visit.method === method) return page(visit)
    return { ...text(405, 'Method Not Allowed\n'), headers: { allow: method } }
  }
}

/** The page of a path: itself, or the nearest one above that ends with a slash. */
export type Pages = Readonly<Record<string, Page>>

export function serve(pages: Pages, log: Log): RequestListener {
  return (request, response) => {
    const url = urlOf(request)
    const page = url && pageOf(pages, url.pathname)
    if (!url || !page) {
      send(response, NOT_FOUND)
      return
    }
    page({ method: request.method ?? '', url, request }).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        log.error({ error, path: url.pathname }, 'a page failed')
        send(response, text(500, `${error instanceof Error ? error.message : error}\n`))
      },
    )
  }
}

function urlOf(request: IncomingMessage): URL | undefined {
  const url = `http://here${request.url ?? '/'}`
  return URL.canParse(url) ? new URL(url) : undefined
}

function pageOf(pages: Pages, path: string): Page | undefined {
  if (Object.hasOwn(pages, path)) return pages[path]
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const above = path.slice(0, cut + 1)
    if (Object.hasOwn(pages, above)) return pages[above]
  }
  return undefined
}

function send(response: ServerResponse, { status, type, body, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
