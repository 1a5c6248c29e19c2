/**
 * Cuts byte strings out of shared buffers: a buffer for each costs half a microsecond and the collector's
 * care. A shared buffer goes when the last of its strings does, so those of one slab should live about
 * equally long.
 */

import type { Bytes } from './bytes.ts'

const BUFFER_BYTES = 64 * 1024
/** Longer ones get a buffer of their own. */
const SHARED_MAX = 4 * 1024

export class Slab {
  #buffer = new ArrayBuffer(BUFFER_BYTES)
  #used = 0

  /** Zeroes. */
  take(length: number): Bytes {
    if (length > SHARED_MAX) return new Uint8Array(length)
    if (this.#used + length > BUFFER_BYTES) {
      this.#buffer = new ArrayBuffer(BUFFER_BYTES)
      this.#used = 0
    }
    const bytes = new Uint8Array(this.#buffer, this.#used, length)
    this.#used += length
    return bytes
  }
}
