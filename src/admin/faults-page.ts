/**
 * `POST /debug/faults/<fault>`: breaks this node on purpose. It exists only where the config allows faults; what
 * each does is behind the port.
 */

import type { IncomingMessage } from 'node:http'
import { json, onlyMethod, type Page, text } from './page.ts'

/** Each rejects with a sentence when it cannot be done. */
export interface Faults {
  crashShard(shard: number): Promise<void>
  /** The actor throws at its next input. */
  throwInActor(kind: string, key: string): Promise<void>
  /** Stops what this node sends to a peer, or lets it through again. */
  blockLink(peer: string, blocked: boolean): Promise<void>
  /** Writes take this much longer; 0 ends it. */
  stallDisk(ms: number): Promise<void>
  fillDisk(full: boolean): Promise<void>
}

type Wish = Readonly<Record<string, unknown>>
type Fault = (faults: Faults, wish: Wish) => Promise<void>

const FAULTS: Readonly<Record<string, Fault>> = {
  'crash-shard': (faults, wish) => faults.crashShard(numberIn(wish, 'shard')),
  'throw-in-actor': (faults, wish) =>
    faults.throwInActor(textIn(wish, 'kind'), textIn(wish, 'key')),
  'block-link': (faults, wish) => faults.blockLink(textIn(wish, 'peer'), wish.blocked !== false),
  'stall-disk': (faults, wish) => faults.stallDisk(numberIn(wish, 'ms')),
  'fill-disk': (faults, wish) => faults.fillDisk(wish.full !== false),
}

const BODY_BYTES = 64 * 1024

class BadWish extends Error {
  override readonly name = 'BadWish'
}

export function faultsPage(faults: Faults): Page {
  return onlyMethod('POST', async ({ url, request }) => {
    const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
    const fault = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
    if (!fault) return text(404, `no fault ${name}; there are ${Object.keys(FAULTS).join(', ')}\n`)
    try {
      await fault(faults, await wishOf(request))
      return json(200, { done: name })
    } catch (error) {
      if (error instanceof BadWish) return text(400, `${error.message}\n`)
      throw error
    }
  })
}

async function wishOf(request: IncomingMessage): Promise<Wish> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk
    if (body.length > BODY_BYTES) throw new BadWish('the request is too large')
  }
  if (body === '') return {}
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Wish
  } catch {}
  throw new BadWish('the request must be a JSON object')
}

function numberIn(wish: Wish, name: string): number {
  const value = wish[name]
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new BadWish(`"${name}" must be a number of at least 0`)
}

function textIn(wish: Wish, name: string): string {
  const value = wish[name]
  if (typeof value === 'string' && value !== '') return value
  throw new BadWish(`"${name}" must be a text`)
}
