/**
 * One client's watch stream, as its own end knows it: which watchers there are and from which revision
 * each would go on. When the door loses the stream, it is opened again from there, unseen by the client.
 */

import type { WatchCreate, WatchResponse } from '../core/watch/types.ts'

interface Asked {
  readonly request: WatchCreate
  /** Created once before: the client has its answer. */
  readonly again: boolean
}

export class WatchResume {
  /** Creates that are not answered yet; answers come in their order. */
  #asked: Asked[] = []
  readonly #watchers = new Map<number, WatchCreate>()
  /** Cancels that are not answered yet. */
  readonly #cancels = new Set<number>()

  asked(request: WatchCreate): void {
    this.#asked.push({ request, again: false })
  }

  cancelAsked(watchId: number): void {
    this.#cancels.add(watchId)
  }

  /** Notes what a response tells. False: the client has heard this before. */
  heard(response: WatchResponse): boolean {
    if (response.created) return this.#created(response)
    const watcher = this.#watchers.get(response.watchId)
    if (response.canceled) {
      this.#watchers.delete(response.watchId)
      this.#cancels.delete(response.watchId)
    } else if (watcher !== undefined) this.#advance(watcher, response)
    return true
  }

  /** What to create on a new stream, in order. */
  again(): readonly WatchCreate[] {
    const waiting = this.#asked.filter(({ again }) => !again)
    const known = [...this.#watchers].map(([watchId, request]) => ({ ...request, watchId }))
    this.#asked = [...known.map((request) => ({ request, again: true })), ...waiting]
    return this.#asked.map(({ request }) => request)
  }

  /** What to cancel again behind that. */
  cancels(): readonly number[] {
    return [...this.#cancels].filter((watchId) => this.#watchers.has(watchId))
  }

  #created(response: WatchResponse): boolean {
    const asked = this.#asked.shift()
    if (asked === undefined || response.canceled) return true
    const { request, again } = asked
    const startRevision =
      request.startRevision === 0 ? response.header.revision + 1 : request.startRevision
    this.#watchers.set(response.watchId, { ...request, startRevision })
    return !again
  }

  /** A response cut in fragments counts with its last one. */
  #advance(watcher: WatchCreate, response: WatchResponse): void {
    const last = response.events.at(-1)
    const next = last === undefined ? response.header.revision + 1 : last.kv.modRevision + 1
    if (response.fragment || next <= watcher.startRevision) return
    this.#watchers.set(response.watchId, { ...watcher, startRevision: next })
  }
}
