/** What a client's stream may say to its door, and which call of the watch machine that is. */

import type { WatchSet } from '../../core/watch/set.ts'
import type { WatchEffect } from '../../core/watch/types.ts'
import type { Message } from '../../runtime/message.ts'
import type { WatchCancel, WatchConsumed, WatchCreateAsk } from '../../wire/messages/watch.ts'

const STREAM_KINDS = new Set([
  'watch.open',
  'watch.create',
  'watch.cancel',
  'watch.progress',
  'watch.consumed',
  'watch.close',
])

export const isStreamKind = (kind: string): boolean => STREAM_KINDS.has(kind)

export function tellSet(set: WatchSet, stream: number, message: Message): readonly WatchEffect[] {
  switch (message.kind) {
    case 'watch.create':
      return set.create(stream, (message as WatchCreateAsk).request)
    case 'watch.cancel':
      return set.cancel(stream, (message as WatchCancel).watchId)
    case 'watch.progress':
      return set.progress(stream)
    case 'watch.consumed':
      return set.consumed(stream, (message as WatchConsumed).responses)
    default:
      set.close(stream)
      return []
  }
}
