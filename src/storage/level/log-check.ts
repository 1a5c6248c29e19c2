/**
 * Reads LevelDB's own log before LevelDB does, which silently drops a damaged record and the rest of its
 * 32 KiB block. A record was synced before the next was begun: damage with a later record behind it has
 * hit what was acknowledged. Damage at the very end is what a power cut leaves of the last, unsynced write.
 *
 * The format is LevelDB's `doc/log_format.md`: blocks of records, each CRC-32C, length, type, data.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../../base/bytes.ts'

export interface LogDamage {
  readonly file: string
  /** Where the damaged record begins. */
  readonly at: number
  /** What lies behind it was whole: this is not the torn end of a last write. */
  readonly acknowledged: boolean
}

const BLOCK = 32 * 1024
const HEAD = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/** The first damage in the logs of a store that nobody has open, the oldest log first. */
export function findLogDamage(directory: string): LogDamage | undefined {
  const logs = readdirSync(directory)
    .filter((name) => /^\d+\.log$/.test(name))
    .sort()
  for (const [i, name] of logs.entries()) {
    const damage = damageIn(readFileSync(join(directory, name)))
    // A newer log was begun only after this one was whole.
    if (damage) {
      return { ...damage, file: name, acknowledged: damage.acknowledged || i < logs.length - 1 }
    }
  }
  return undefined
}

function damageIn(log: Bytes): Omit<LogDamage, 'file'> | undefined {
  for (let at = 0; at < log.length; ) {
    at = skipTrailer(at)
    if (isUnwritten(log, at)) return undefined
    const length = recordAt(log, at)
    if (length === undefined) return { at, acknowledged: beginsBehind(log, at + 1) }
    at += HEAD + length
  }
  return undefined
}

/** Whether a whole record begins anywhere at or behind a place; lengths there cannot be trusted. */
function beginsBehind(log: Bytes, from: number): boolean {
  for (let at = from; at + HEAD <= log.length; at++) {
    const type = log[at + 6]
    if ((type === FULL || type === FIRST) && recordAt(log, at) !== undefined) return true
  }
  return false
}

/** Bytes of data of the whole record that begins there; undefined if none does. */
function recordAt(log: Bytes, at: number): number | undefined {
  const blockEnd = at - (at % BLOCK) + BLOCK
  if (at + HEAD > Math.min(blockEnd, log.length)) return undefined
  const view = new DataView(log.buffer, log.byteOffset + at, HEAD)
  const length = view.getUint16(4, true)
  const end = at + HEAD + length
  const type = view.getUint8(6)
  if (type < FULL || type > LAST || end > Math.min(blockEnd, log.length)) return undefined
  const sum = maskedCrc32c(log.subarray(at + HEAD - 1, end))
  return sum === view.getUint32(0, true) ? length : undefined
}

/** What is too short for a record's head is left empty at a block's end. */
function skipTrailer(at: number): number {
  const left = BLOCK - (at % BLOCK)
  return left < HEAD ? at + left : at
}

/** The end of the file, or a record of which only the head or less had been written when the process died. */
function isUnwritten(log: Bytes, at: number): boolean {
  if (at + HEAD > log.length) return true
  const length = (log[at + 4] ?? 0) + 256 * (log[at + 5] ?? 0)
  return at + HEAD + length > log.length
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/** CRC-32C with LevelDB's mask, which keeps a sum over sums meaningful. */
export function maskedCrc32c(bytes: Bytes): number {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (TABLE[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8)
  sum = ~sum >>> 0
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}
