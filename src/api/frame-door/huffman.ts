/** HPACK's Huffman code (RFC 7541, appendix B). It is canonical, so the lengths of its codes say it all. */

import type { Bytes } from '../../base/bytes.ts'
import { ConnectionError, ErrorCode } from './frames.ts'

/** Bits of each byte's code. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
] as const
const LONGEST = 30
/** A tree's leaf for byte b is -1 - b; 0 is no child at all, for the root is nobody's. */
const TREE = plant()

/** Text of one code unit a byte. */
export function decodeHuffman(bytes: Bytes): string {
  let text = ''
  let node = 0
  /** Bits since the last symbol, and whether all of them were ones: what may pad the end. */
  let depth = 0
  let ones = true
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const branch = (byte >>> bit) & 1
      const next = TREE[node * 2 + branch] as number
      if (next === 0) throw malformed()
      depth++
      ones &&= branch === 1
      node = next
      if (next > 0) continue
      text += String.fromCharCode(-1 - next)
      node = 0
      depth = 0
      ones = true
    }
  }
  if (depth > 7 || !ones) throw malformed()
  return text
}

const malformed = (): ConnectionError =>
  new ConnectionError(ErrorCode.compression, 'malformed Huffman code')

function plant(): Int16Array {
  const tree = new Int16Array(2 * 512)
  let nodes = 1
  let code = 0
  for (let length = 1; length <= LONGEST; length++) {
    code *= 2
    for (let byte = 0; byte < LENGTHS.length; byte++) {
      if (LENGTHS[byte] !== length) continue
      let node = 0
      for (let bit = length - 1; bit > 0; bit--) {
        const at = node * 2 + ((code >>> bit) & 1)
        if (tree[at] === 0) tree[at] = nodes++
        node = tree[at] as number
      }
      tree[node * 2 + (code & 1)] = -1 - byte
      code++
    }
  }
  return tree
}
