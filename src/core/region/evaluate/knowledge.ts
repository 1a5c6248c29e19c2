/**
 * What evaluating one command knows of its keys' versions, and which it lacks. Asked for what is not known, it
 * notes the wish; once the rows have come, the command is evaluated anew. Under its latches they cannot change.
 */

import type { Bytes } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import { keyAfter } from '../descriptor.ts'
import type { VersionRow, VersionSpan } from '../rows.ts'
import { LATEST, NEVER } from '../timestamps.ts'
import { type Timestamp, timestamp } from '../types.ts'
import type { LiveVersion, NewestVersions } from './newest.ts'

export interface Wish {
  readonly text: KeyText
  readonly span: VersionSpan
}

interface History {
  readonly rows: VersionRow[]
  /** All versions from the newest to this are in `rows`. */
  reached: Timestamp
}

/** Versions of one page. */
const PAGE_ROWS = 16
const UNREAD: History = { rows: [], reached: LATEST }

export class Knowledge {
  readonly #newest: NewestVersions
  /** Few commands need any. */
  #histories: Map<KeyText, History> | undefined
  #wishes: Wish[] = []

  constructor(newest: NewestVersions) {
    this.#newest = newest
  }

  /** Whether something was asked for that is not known. */
  get lacks(): boolean {
    return this.#wishes.length > 0
  }

  takeWishes(): readonly Wish[] {
    const wishes = this.#wishes
    this.#wishes = []
    return wishes
  }

  /** No version or rollback of the key lies above. Always known. */
  bound(text: KeyText): Timestamp {
    return this.#newest.bound(text)
  }

  /** The value that a reader of the newest would see, expired or not; undefined: not known yet. */
  live(key: Bytes, text: KeyText): LiveVersion | undefined {
    const known = this.#newest.get(text)?.live
    if (known !== undefined) return known
    const history = this.#histories?.get(text) ?? UNREAD
    const settled = history.reached === NEVER || history.rows.some(isData)
    if (settled) return this.#newest.learn(text, history.rows).live
    this.#wish(key, text, history)
    return undefined
  }

  /** All versions at or above a timestamp, newest first; undefined: not known yet. */
  since(key: Bytes, text: KeyText, start: Timestamp): readonly VersionRow[] | undefined {
    if (this.bound(text) < start) return []
    const history = this.#histories?.get(text) ?? UNREAD
    if (history.reached <= start) return history.rows.filter(({ commit }) => commit >= start)
    this.#wish(key, text, history)
    return undefined
  }

  learn(key: KeyText, rows: readonly VersionRow[], more: boolean): void {
    this.#histories ??= new Map()
    let history = this.#histories.get(key)
    if (history === undefined) {
      history = { rows: [], reached: LATEST }
      this.#histories.set(key, history)
    }
    for (const row of rows) history.rows.push(row)
    history.reached = more ? (rows.at(-1)?.commit ?? history.reached) : NEVER
  }

  #wish(key: Bytes, text: KeyText, { reached }: History): void {
    if (this.#wishes.some((wish) => wish.text === text)) return
    const at = reached === LATEST ? LATEST : timestamp(reached - 1n)
    const to = { key: keyAfter(key), at: LATEST }
    this.#wishes.push({ text, span: { from: { key, at }, to, reverse: false, rows: PAGE_ROWS } })
  }
}

const isData = ({ kind }: VersionRow): boolean => kind === 'put' || kind === 'delete'
