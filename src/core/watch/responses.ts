/** How responses are made: which fields say what, and how a large one is cut into fragments. */

import type { WatchEvent, WatchResponse } from './types.ts'

export const EMPTY_RANGE = 'mvcc: watcher range is empty'
export const DUPLICATE_ID = 'mvcc: duplicate watch ID provided on the WatchStream'
export const START_COMPACTED = 'mvcc: required revision has been compacted'

/** The id of no watcher: creations that failed, and progress of a whole stream. */
export const NO_WATCHER = -1

/** About what an event takes on the wire besides its bytes. */
const EVENT_BYTES = 32

export type Header = WatchResponse['header']

export function response(
  header: Header,
  watchId: number,
  fields: Partial<Omit<WatchResponse, 'header' | 'watchId'>> = {},
): WatchResponse {
  return {
    header,
    watchId,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
    ...fields,
  }
}

/** The same response in pieces of about `maxBytes`, at least one event each; all but the last say so. */
export function fragments(whole: WatchResponse, maxBytes: number): readonly WatchResponse[] {
  const pieces: WatchEvent[][] = []
  let piece: WatchEvent[] = []
  let bytes = 0
  for (const event of whole.events) {
    const size = eventBytes(event)
    if (piece.length > 0 && bytes + size > maxBytes) {
      pieces.push(piece)
      piece = []
      bytes = 0
    }
    piece.push(event)
    bytes += size
  }
  pieces.push(piece)
  return pieces.map((events, i) => ({ ...whole, events, fragment: i < pieces.length - 1 }))
}

function eventBytes({ kv, prevKv }: WatchEvent): number {
  const previous = prevKv === undefined ? 0 : prevKv.key.length + prevKv.value.length + EVENT_BYTES
  return EVENT_BYTES + kv.key.length + kv.value.length + previous
}
