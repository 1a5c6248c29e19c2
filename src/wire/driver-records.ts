/**
 * What oracle and driver keep in group `system`: keys under `flare/`, values as msgpack tuples behind a
 * version byte. The epoch alone is eight plain bytes, since transactions compare it.
 */

import { Packr } from 'msgpackr'
import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import { count, MalformedMessage, type Schema, struct } from './schema.ts'

/** Term of the driver and oracle that lead; every write of theirs compares it. */
export const EPOCH_KEY = 'flare/epoch'
/** Where the window of timestamps ends. */
export const WINDOW_KEY = 'flare/tso'

const VERSION = 1
const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })

export function epochBytes(term: number): Bytes {
  const bytes = new Uint8Array(8)
  putUint64(bytes, 0, term)
  return bytes
}

export function epochIn(bytes: Bytes): number {
  if (bytes.byteLength !== 8) throw new MalformedMessage('epoch', '8 bytes')
  return getUint64(bytes, 0)
}

export interface RecordShape<T> {
  encode(record: T): Bytes
  decode(bytes: Bytes): T
}

export function recordOf<T>(schema: Schema<T>): RecordShape<T> {
  return {
    encode(record) {
      const packed = packr.pack(schema.encode(record))
      const whole = new Uint8Array(packed.byteLength + 1)
      whole[0] = VERSION
      whole.set(packed, 1)
      return whole
    },
    decode(bytes) {
      if (bytes[0] !== VERSION) throw new MalformedMessage('version', `${VERSION}, not ${bytes[0]}`)
      return schema.decode(packr.unpack(bytes.subarray(1)))
    },
  }
}

/** Milliseconds since 1970: timestamps below it may have been given. */
export const windowRecord: RecordShape<{ readonly endMs: number }> = recordOf(
  struct({ endMs: count }),
)
