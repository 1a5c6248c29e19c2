/** Which history is asked for on whose behalf, and whom events concern. */

import { keyText } from '../mvcc/key-text.ts'
import type { HistoryRequest, WatchEvent, WatchRange } from './types.ts'
import type { Watcher } from './watcher.ts'
import type { WatcherIndex } from './watcher-index.ts'

const WATCHERS_PER_READ = 512
const REVISIONS_PER_READ = 1000

export interface HistoryRead {
  readonly request: HistoryRequest
  readonly watchers: readonly Watcher[]
}

/** One read for the first 512 of those that wait, as far as the set has heard: `to` is `revision`. */
export function readFor(ready: Iterable<Watcher>, ticket: number, revision: number): HistoryRead {
  const watchers: Watcher[] = []
  let from = revision
  for (const watcher of ready) {
    watchers.push(watcher)
    from = Math.min(from, watcher.next)
    if (watchers.length === WATCHERS_PER_READ) break
  }
  const maxRevisions = REVISIONS_PER_READ
  const ranges = rangesOf(watchers)
  return { request: { ticket, from, to: revision, maxRevisions, ranges }, watchers }
}

/** Which of the events are still to be sent to which watcher, in their order. */
export function owedBy(
  index: WatcherIndex,
  events: readonly WatchEvent[],
): ReadonlyMap<Watcher, readonly WatchEvent[]> {
  const owed = new Map<Watcher, WatchEvent[]>()
  for (const event of events) {
    index.visit(keyText(event.kv.key), (watcher) => {
      if (!watcher.owes(event)) return
      const known = owed.get(watcher)
      if (known === undefined) owed.set(watcher, [event])
      else known.push(event)
    })
  }
  return owed
}

/** Each range once, however many watch it. */
function rangesOf(watchers: readonly Watcher[]): readonly WatchRange[] {
  const ranges = new Map<string, WatchRange>()
  for (const { request } of watchers) {
    const { key, rangeEnd } = request
    ranges.set(`${key.length}:${keyText(key)}${keyText(rangeEnd)}`, { key, rangeEnd })
  }
  return [...ranges.values()]
}
