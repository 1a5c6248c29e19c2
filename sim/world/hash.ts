/** 32-bit mixing, the one arithmetic of draws and traces. Not for secrets. */

/** Mixes two words into one; every bit of either reaches every bit of the answer. */
export function mixWords(a: number, b: number): number {
  let h = Math.imul(a ^ 0x85ebca6b, 0xcc9e2d51)
  h = (h << 15) | (h >>> 17)
  h = Math.imul(h, 0x1b873593) ^ b
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** FNV-1a over UTF-16 units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return hash >>> 0
}

/** A rolling 64-bit hash in two independent 32-bit lanes: equal traces, equal text. */
export class RollingHash {
  #low = 0x243f6a88
  #high = 0x85a308d3

  add(word: number): void {
    this.#low = mixWords(this.#low, word >>> 0)
    this.#high = mixWords(this.#high ^ 0x9e3779b9, word >>> 0)
  }

  addText(text: string): void {
    this.add(hashText(text))
  }

  toString(): string {
    const hex = (word: number): string => word.toString(16).padStart(8, '0')
    return hex(this.#high) + hex(this.#low)
  }
}
