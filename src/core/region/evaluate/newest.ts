/**
 * What a leader knows of the newest versions of keys without reading them, for some of them exactly, for all of
 * them by a bound: a key that is not kept has no version above `floor`. A write at a fresh timestamp needs no more.
 *
 * NEWEST-I1: no version or rollback of a kept key lies above its `top` and `rollback`.
 * NEWEST-I2: none of a key that is not kept lies above `floor`.
 */

import { type KeyText, keyText } from '../../mvcc/key-text.ts'
import { NEWEST_KEPT } from '../limits.ts'
import type { RegionWrite, VersionRow } from '../rows.ts'
import { later, NEVER } from '../timestamps.ts'
import type { Timestamp } from '../types.ts'

export interface KeyState {
  /** No put, delete or lock-only version lies above. */
  readonly top: Timestamp
  /** No rollback lies above. */
  readonly rollback: Timestamp
  /** Undefined: it takes a look at the rows. */
  readonly live: LiveVersion | undefined
}

/** The newest put, unless a delete is newer: then `version` is 0. */
export interface LiveVersion {
  readonly version: Timestamp
  readonly expiryMs: number
}

const GONE: LiveVersion = { version: NEVER, expiryMs: 0 }

export class NewestVersions {
  /** The longest untouched first. */
  readonly #keys = new Map<KeyText, KeyState>()
  #floor: Timestamp

  /** `floor`: drawn when all that is on disk was there already. */
  constructor(floor: Timestamp) {
    this.#floor = floor
  }

  get(key: KeyText): KeyState | undefined {
    return this.#keys.get(key)
  }

  /** Nothing of this key lies above. */
  bound(key: KeyText): Timestamp {
    const state = this.#keys.get(key)
    return state === undefined ? this.#floor : later(state.top, state.rollback)
  }

  /** What the rows of a key say, from its newest to its newest put or delete, or to its end. */
  learn(key: KeyText, rows: readonly VersionRow[]): KeyState {
    const state = stateOf(rows)
    this.#keep(key, state)
    return state
  }

  /** An entry that this leader proposed was applied. */
  applied(writes: readonly RegionWrite[]): void {
    for (const write of writes) {
      if (write.row === 'version') this.#version(write.version)
    }
  }

  #version(version: VersionRow): void {
    const text = keyText(version.key)
    const before = this.#keys.get(text) ?? {
      top: this.#floor,
      rollback: this.#floor,
      live: undefined,
    }
    this.#keep(text, stateAfter(before, version))
  }

  #keep(key: KeyText, state: KeyState): void {
    this.#keys.delete(key)
    this.#keys.set(key, state)
    if (this.#keys.size <= NEWEST_KEPT) return
    for (const [oldest, { top, rollback }] of this.#keys) {
      this.#keys.delete(oldest)
      this.#floor = later(this.#floor, later(top, rollback))
      return
    }
  }
}

function stateAfter(
  before: KeyState,
  { kind, commit, overlapped, expiryMs }: VersionRow,
): KeyState {
  if (kind === 'rollback' || overlapped)
    return { ...before, rollback: later(before.rollback, commit) }
  const top = later(before.top, commit)
  if (kind === 'lock') return { ...before, top }
  const live = kind === 'put' ? { version: commit, expiryMs } : GONE
  return { top, rollback: before.rollback, live }
}

function stateOf(rows: readonly VersionRow[]): KeyState {
  let top = NEVER
  let rollback = NEVER
  for (const { kind, commit, overlapped, expiryMs } of rows) {
    if (kind === 'rollback' || overlapped) rollback = later(rollback, commit)
    if (kind !== 'rollback') top = later(top, commit)
    if (kind === 'put') return bounded({ top, rollback, live: { version: commit, expiryMs } })
    if (kind === 'delete') return bounded({ top, rollback, live: GONE })
  }
  return { top, rollback, live: GONE }
}

/** Rollbacks below the newest put or delete were not read: none of them lies above that. */
const bounded = (state: KeyState): KeyState => ({
  ...state,
  rollback: later(state.rollback, state.top),
})
