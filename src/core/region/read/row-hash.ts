/** A hash of rows that does not depend on their order: 64 bits, the sum of each row's own. No defence against anybody. */

import type { Bytes } from '../../../base/bytes.ts'
import type { FoundRow } from '../types.ts'

const TWO_32 = 0x1_0000_0000

export class RowHash {
  #low = 0
  #high = 0

  get value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }

  /** Key, value and version. */
  add({ key, value, version }: FoundRow): void {
    const versionLow = Number(BigInt.asUintN(32, version))
    const versionHigh = Number(version >> 32n)
    const low = finish(mix(mix(mix(0x9e3779b9, key), value) ^ versionLow, key))
    const high = finish(mix(mix(mix(0x85ebca6b ^ versionHigh, value), key) ^ low, value))
    const sum = this.#low + low
    this.#low = sum >>> 0
    this.#high = (this.#high + high + (sum >= TWO_32 ? 1 : 0)) >>> 0
  }
}

/** Its length is part of it: key and value cannot lend each other bytes. */
function mix(seed: number, bytes: Bytes): number {
  let hash = Math.imul(seed ^ bytes.length, 0xc2b2ae35)
  for (let i = 0; i < bytes.length; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    hash ^= hash >>> 15
  }
  return hash
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
