/**
 * At which timestamps a leader may commit what it is left to choose: above all that was read, above all that the keys
 * have, and at most one above what the oracle is known to have given, so that all it gives later sees it.
 */

import type { KeyText } from '../../mvcc/key-text.ts'
import { after, later } from '../timestamps.ts'
import type { Timestamp } from '../types.ts'
import type { NewestVersions } from './newest.ts'

export class CommitClock {
  readonly #newest: NewestVersions
  #maxRead: Timestamp
  #issued: Timestamp

  /** `fresh`: drawn after the leader was elected. */
  constructor(fresh: Timestamp, newest: NewestVersions) {
    this.#newest = newest
    this.#maxRead = fresh
    this.#issued = fresh
  }

  /** Nothing is committed at or below any more. */
  get maxRead(): Timestamp {
    return this.#maxRead
  }

  /** The oracle has given it. */
  issued(stamp: Timestamp): void {
    this.#issued = later(this.#issued, stamp)
  }

  /** Somebody reads at it. */
  read(at: Timestamp): void {
    this.#maxRead = later(this.#maxRead, at)
  }

  /** Undefined: the command's own timestamp is too old by now. */
  commitAt(stamp: Timestamp, texts: readonly KeyText[], atLeast: Timestamp): Timestamp | undefined {
    let commit = later(stamp, atLeast)
    if (commit <= this.#maxRead) commit = after(this.#maxRead)
    for (const text of texts) {
      const bound = this.#newest.bound(text)
      if (commit <= bound) commit = after(bound)
    }
    return commit > after(this.#issued) ? undefined : commit
  }
}
