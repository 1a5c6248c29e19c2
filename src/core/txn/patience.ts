/** How long things last: locks without a word of their client, pauses before something is tried again. */

const TTL_MIN_MS = 3000
const TTL_MAX_MS = 20_000
const TTL_PER_ROOT_MIB_MS = 6000
const MIB = 1024 * 1024

/** Of the locks of a transaction that writes so many bytes: more of them take longer to commit. */
export const lockTtlMs = (bytes: number): number =>
  Math.round(
    Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, TTL_PER_ROOT_MIB_MS * Math.sqrt(bytes / MIB))),
  )

const LOCK_PAUSE_MS = 10
const LOCK_PAUSE_MAX_MS = 400

/** Before a lock that lives is looked at again, the n-th time. */
export const lockPauseMs = (tries: number): number =>
  Math.min(LOCK_PAUSE_MAX_MS, LOCK_PAUSE_MS * 2 ** tries)

/** How often. About three seconds in all; then one of two that wait for each other must give way. */
export const LOCK_TRIES_MAX = 12

/** How often a commit timestamp is drawn, when readers have pushed the transaction above the one before. */
export const COMMIT_TRIES_MAX = 12
