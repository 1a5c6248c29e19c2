/** What a request is refused for before it costs anybody anything. */

import type { Bytes } from '../../base/bytes.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, WRITE_BYTES_MAX } from '../../core/region/limits.ts'
import type { Status } from '../grpc/status.ts'
import { SCAN_DEFAULT, SCAN_MAX } from './limits.ts'
import { invalid } from './statuses.ts'

type Verdict = Status | undefined

export function checkKey(key: Bytes): Verdict {
  if (key.length === 0) return invalid('the key is empty; give one of 1 to 8192 bytes')
  if (key.length <= KEY_BYTES_MAX) return undefined
  return invalid(`the key has ${key.length} bytes; ${KEY_BYTES_MAX} at most`)
}

export function checkValue(value: Bytes): Verdict {
  if (value.length <= VALUE_BYTES_MAX) return undefined
  return invalid(
    `the value has ${value.length} bytes; ${VALUE_BYTES_MAX} at most, so cut it into parts`,
  )
}

/** The ends of a range, which may be open. */
export function checkRange(from: Bytes, to: Bytes): Verdict {
  const longest = Math.max(from.length, to.length)
  if (longest <= KEY_BYTES_MAX) return undefined
  return invalid(`an end of the range has ${longest} bytes; ${KEY_BYTES_MAX} at most`)
}

export function checkCount(what: string, count: number, most: number): Verdict {
  if (count === 0) return invalid(`there are no ${what}; give at least one`)
  return count <= most ? undefined : invalid(`${count} ${what} are too many; ${most} at most`)
}

interface Written {
  readonly key: Bytes
  readonly value: Bytes
}

/** All that one call writes: each key and value, no key twice, and the size as a whole. */
export function checkWrites(what: string, writes: readonly Written[], most: number): Verdict {
  const counted = checkCount(what, writes.length, most)
  if (counted) return counted
  const seen = new Set<string>()
  let bytes = 0
  for (const { key, value } of writes) {
    const refused = checkKey(key) ?? checkValue(value)
    if (refused) return refused
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
    if (seen.has(text)) return invalid(`the key ${shown(key)} is written twice`)
    seen.add(text)
    bytes += key.length + value.length
  }
  if (bytes <= WRITE_BYTES_MAX) return undefined
  return invalid(`${what} of ${bytes} bytes are too many; ${WRITE_BYTES_MAX} at most in one call`)
}

export function scanLimit(limit: number): number | Status {
  if (limit > SCAN_MAX) return invalid(`a limit of ${limit} is too high; ${SCAN_MAX} at most`)
  return limit === 0 ? SCAN_DEFAULT : limit
}

/** A key for people's eyes. */
export const shown = (key: Bytes): string =>
  JSON.stringify(new TextDecoder().decode(key.slice(0, 64)))
