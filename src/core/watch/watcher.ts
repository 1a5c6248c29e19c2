/** One watcher, and which events it wants. */

import type { Event } from '../kv/types.ts'
import { type KeySpan, spanContains, spanOf } from '../mvcc/key-span.ts'
import { keyText } from '../mvcc/key-text.ts'
import type { WatchStream } from './stream.ts'
import type { WatchCreate } from './types.ts'

export type WatcherState =
  /** In the index: everything up to the set's revision was put in its stream's outbox. */
  | 'synced'
  /** Owed something from history, with room for it in its stream's outbox. */
  | 'ready'
  /** Owed something, but its stream is full. */
  | 'blocked'
  /** Canceled or closed. */
  | 'gone'

export class Watcher {
  readonly id: number
  readonly stream: WatchStream
  readonly span: KeySpan
  readonly request: WatchCreate
  state: WatcherState = 'gone'
  /** No event below this one is owed. While synced: at least the start revision. */
  next: number
  /** Something was sent since the last progress tick. */
  active = false

  constructor(id: number, stream: WatchStream, request: WatchCreate, next: number) {
    this.id = id
    this.stream = stream
    this.request = request
    this.span = spanOf(request.key, request.rangeEnd)
    this.next = next
  }

  /** Whether this event is still to be sent to it. */
  owes(event: Event): boolean {
    const { kv, type } = event
    if (kv.modRevision < this.next || !spanContains(this.span, keyText(kv.key))) return false
    return type === 'put' ? !this.request.noPut : !this.request.noDelete
  }
}
