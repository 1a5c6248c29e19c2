/** Where a region stops taking more. */

/** Longer keys and values are refused at the doors. */
export const KEY_BYTES_MAX = 8 * 1024
export const VALUE_BYTES_MAX = 1024 * 1024
/** Keys and values of one atomic write, or of one region's part of a transaction. */
export const WRITE_BYTES_MAX = 1536 * 1024

/** Commands that wait for latches, rows or the log. */
export const TASKS_MAX = 8192
export const TASK_BYTES_MAX = 32 * 1024 * 1024
/** Commands that wait for one key. */
export const WAITERS_PER_KEY_MAX = 512
/** What transactions may have locked: locks lie in memory, with their values. */
export const LOCK_BYTES_MAX = 16 * 1024 * 1024
/** Locks told in one answer. */
export const LOCKS_TOLD_MAX = 128
/**
 * How long below the safe point it stays known that a transaction was committed: whoever holds locks of it, and
 * was cut off for less, still learns its fate.
 */
export const FATE_MS = 60 * 60 * 1000
/** A transaction's primary may not last longer without a word of its client. */
export const LOCK_TTL_MS_MAX = 60 * 60 * 1000

/** What a page of an answer holds at most. */
export const PAGE_ROWS_MAX = 10_240
export const PAGE_BYTES_MAX = 1024 * 1024
/** Versions read for one page, before it ends early at a key's border. */
export const PAGE_VERSIONS_MAX = 65_536

/** Newest versions that a leader knows without reading. */
export const NEWEST_KEPT = 2048

/** Sessions remembered, and answers of each. */
export const SESSIONS_MAX = 1024
export const SESSION_WINDOW = 128

/** Peers announced and not yet in the configuration. */
export const ANNOUNCED_MAX = 8
