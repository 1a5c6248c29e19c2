/**
 * The way from matched events to responses in outboxes: previous values are asked for once per event
 * whoever wants them, large responses are cut, and what may leave is handed out as effects.
 */

import type { Event, KeyValue } from '../kv/types.ts'
import { fragments, type Header, response } from './responses.ts'
import type { OutboxEntry, WatchStream } from './stream.ts'
import type { PreviousRequest, WatchEffect, WatchEvent, WatchResponse } from './types.ts'
import type { Watcher } from './watcher.ts'

interface Part {
  readonly entry: OutboxEntry
  readonly watcher: Watcher
  readonly header: Header
  readonly events: readonly WatchEvent[]
}

/** Responses that wait for the same answer. */
interface Batch {
  readonly request: PreviousRequest
  readonly places: Map<Event, number>
  readonly parts: Part[]
}

export class Delivery {
  readonly #maxResponseBytes: number
  readonly #asked = new Map<number, Batch>()
  #effects: WatchEffect[] = []
  #batch: Batch | undefined
  #lastTicket = 0

  constructor(maxResponseBytes: number) {
    this.#maxResponseBytes = maxResponseBytes
  }

  /** A response that carries no event; it takes its turn behind the events entered before. */
  control(stream: WatchStream, whole: WatchResponse): void {
    stream.enter([whole])
    this.flush(stream)
  }

  /** Events for one watcher, whose stream has room. Pairs replaced below `compactRevision` are gone. */
  events(watcher: Watcher, header: Header, events: readonly WatchEvent[], compactRevision: number) {
    watcher.active = true
    const entry = watcher.stream.enter(undefined)
    const part: Part = { entry, watcher, header, events }
    const wanted = watcher.request.prevKv
      ? events.filter((e) => e.previousRevision > 0 && e.kv.modRevision > compactRevision)
      : []
    if (wanted.length === 0) {
      this.#fill(part, events)
      return
    }
    this.#batch ??= this.#newBatch()
    for (const event of wanted) askFor(this.#batch, event)
    this.#batch.parts.push(part)
  }

  /** `values[i]` belongs to `pairs[i]` of the request. An answer that came before is ignored. */
  previous(ticket: number, values: readonly (KeyValue | undefined)[]): void {
    const batch = this.#asked.get(ticket)
    if (batch === undefined) return
    this.#asked.delete(ticket)
    const shared = new Map<Event, WatchEvent>()
    for (const part of batch.parts) {
      const filled = part.events.map((event) => {
        const place = batch.places.get(event)
        if (place === undefined) return event
        const known = shared.get(event) ?? { ...event, prevKv: values[place] }
        shared.set(event, known)
        return known
      })
      this.#fill(part, filled)
    }
  }

  flush(stream: WatchStream): void {
    if (stream.closed) return
    stream.flush((whole) =>
      this.#effects.push({ type: 'deliver', stream: stream.id, response: whole }),
    )
  }

  ask(effect: WatchEffect): void {
    this.#effects.push(effect)
  }

  /** Asks again for what was not answered. */
  retry(): void {
    for (const { request } of this.#asked.values()) this.ask({ type: 'previous', request })
  }

  /** What has come together since the last call. */
  take(): readonly WatchEffect[] {
    if (this.#batch !== undefined) {
      const { request } = this.#batch
      this.#asked.set(request.ticket, this.#batch)
      this.ask({ type: 'previous', request })
      this.#batch = undefined
    }
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  #newBatch(): Batch {
    return { request: { ticket: ++this.#lastTicket, pairs: [] }, places: new Map(), parts: [] }
  }

  #fill({ entry, watcher, header }: Part, events: readonly WatchEvent[]): void {
    const whole = response(header, watcher.id, { events })
    entry.responses = watcher.request.fragment ? fragments(whole, this.#maxResponseBytes) : [whole]
    this.flush(watcher.stream)
  }
}

function askFor(batch: Batch, event: WatchEvent): void {
  if (batch.places.has(event)) return
  const pairs = batch.request.pairs as { key: Uint8Array; revision: number }[]
  batch.places.set(event, pairs.length)
  pairs.push({ key: event.kv.key, revision: event.kv.modRevision - 1 })
}
