/** Keys of the store as text: what maps of them are keyed by. */

import type { Bytes } from '../base/bytes.ts'

/** A key as text whose order is the key's byte order. */
export const keyName = (key: Bytes): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
