/** Which rows would lie in a log of its own, if log and data were two stores. See storage/keyspace.ts. */

import type { Bytes } from '../../src/base/bytes.ts'

const GROUP_ROWS = 'g'.charCodeAt(0)
const RING_ROWS = 'b'.charCodeAt(0)
const LOG_ROOMS = new Set(['h', 'c', 'l'].map((letter) => letter.charCodeAt(0)))

/** Hard state, log start, entries and the batch ring; all else is data. */
export function isLogKey(key: Bytes): boolean {
  if (key[0] === RING_ROWS) return true
  if (key[0] !== GROUP_ROWS) return false
  const room = key[key.indexOf(0) + 1]
  return room !== undefined && LOG_ROOMS.has(room)
}
