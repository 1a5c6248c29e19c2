/**
 * What a leader believes about one follower, and how much it may send it.
 *
 *           accepted
 *   probe ──────────────▶ replicate
 *    ▲  ◀─────────────────    │
 *    │     refused, lost      │ what it needs next was cut away
 *    │                        ▼ (from probe, too)
 *    └─────────────────── snapshot ─▶ replicate, when it says that it has it
 *       sent, failed
 *
 * `match` is proven in this term and never falls; `next` is a guess above it. Probing sends one
 * append and waits for an answer (or a heartbeat's); replicating pipelines as far as the window goes,
 * in appends and in bytes: what is more than a link holds would be lost; in `snapshot` nothing is
 * appended.
 */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { RaftConfig } from './config.ts'
import type { FollowerStatus } from './types.ts'

/** How much may be under way to a follower. */
export type Window = Pick<RaftConfig, 'maxInflight' | 'maxInflightBytes'>

interface Inflight {
  readonly lastIndex: number
  readonly bytes: number
}

export class Progress {
  readonly peer: PeerId
  state: 'probe' | 'replicate' | 'snapshot' = 'probe'
  match = 0
  next: number
  /** Heard from since the last check of the quorum. */
  active: boolean
  /** Probing, and the one append of it is under way. */
  probing = false
  /** Highest commit index this follower was told. */
  commitTold = 0
  /** Latest read round it confirmed. */
  round = 0
  /** The fetch from disk under way for it. */
  fetching: { readonly token: number; readonly from: number } | undefined
  /** The appends under way, their last indexes ascending. */
  #inflight: Inflight[] = []
  #inflightBytes = 0
  readonly #window: Window

  constructor(peer: PeerId, next: number, active: boolean, window: Window) {
    this.peer = peer
    this.next = next
    this.active = active
    this.#window = window
  }

  get inflight(): number {
    return this.#inflight.length
  }

  /** Whether nothing more may be appended for now. */
  get paused(): boolean {
    if (this.state === 'snapshot') return true
    if (this.state === 'probe') return this.probing
    const { maxInflight, maxInflightBytes } = this.#window
    return this.#inflight.length >= maxInflight || this.#inflightBytes >= maxInflightBytes
  }

  becomeProbe(next: number): void {
    this.state = 'probe'
    this.next = Math.max(next, this.match + 1)
    this.probing = false
    this.#nothingUnderWay()
  }

  becomeReplicate(): void {
    this.state = 'replicate'
    this.next = this.match + 1
    this.probing = false
    this.#nothingUnderWay()
  }

  becomeSnapshot(): void {
    this.state = 'snapshot'
    this.#nothingUnderWay()
  }

  #nothingUnderWay(): void {
    this.fetching = undefined
    this.#inflight.length = 0
    this.#inflightBytes = 0
  }

  /** An append ending at `lastIndex` (`next - 1` if empty) is on its way. */
  sent(lastIndex: number, bytes: number): void {
    if (this.state === 'probe') {
      this.probing = true
    } else if (lastIndex >= this.next) {
      assert(!this.paused, 'nothing is appended beyond the window')
      this.#inflight.push({ lastIndex, bytes })
      this.#inflightBytes += bytes
      this.next = lastIndex + 1
    }
  }

  /** Everything up to `index` is on the follower's disk. Tells whether that was news. */
  accepted(index: number): boolean {
    let done = 0
    for (const { lastIndex, bytes } of this.#inflight) {
      if (lastIndex > index) break
      this.#inflightBytes -= bytes
      done++
    }
    if (done > 0) this.#inflight.splice(0, done)
    if (index <= this.match) return false
    this.match = index
    this.next = Math.max(this.next, index + 1)
    return true
  }

  /**
   * The append after `prevIndex` found no match; the logs may agree at `hint`. Tells whether that
   * is news: an answer to an older append is not.
   */
  refused(prevIndex: number, hint: number): boolean {
    if (this.state === 'snapshot' || prevIndex <= this.match) return false
    if (this.state === 'probe' && prevIndex !== this.next - 1) return false
    this.becomeProbe(this.state === 'replicate' ? this.match + 1 : Math.min(prevIndex, hint + 1))
    return true
  }

  /** A heartbeat was answered: what waited for a lost message may go on. */
  heardFrom(): void {
    this.active = true
    this.probing = false
  }

  status(down: boolean): FollowerStatus {
    const { peer, match, next, state, active } = this
    return { peer, match, next, state, active, down }
  }
}
