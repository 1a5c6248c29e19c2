/**
 * Header blocks into fields (RFC 7541), one reader for each connection. Peers repeat themselves: a block
 * of nothing but indexes is remembered as long as the table stands, and costs one look-up.
 *
 * A block that does not decode is a `ConnectionError`; fields that HTTP forbids make `undefined`.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { Fields } from '../door.ts'
import { ConnectionError, ErrorCode } from './frames.ts'
import { decodeHuffman } from './huffman.ts'
import { type Field, STATIC_TABLE } from './static-table.ts'

/** The default, which this end never changes. */
const TABLE_BYTES = 4096
const ENTRY_BYTES = 32
/** All fields of a block, as the table counts them. */
const FIELDS_BYTES = 64 * 1024
const REMEMBERED = 64

export class HeaderReader {
  /** Newest first. */
  readonly #table: Field[] = []
  readonly #known = new Map<string, Fields | undefined>()
  #tableBytes = 0
  #tableLimit = TABLE_BYTES
  #block: Bytes = new Uint8Array(0)
  #at = 0

  read(block: Buffer): Fields | undefined {
    const text = block.toString('latin1')
    if (this.#known.has(text)) return this.#known.get(text)
    const { fields, indexesAlone } = this.#decode(block)
    if (indexesAlone && this.#known.size < REMEMBERED) this.#known.set(text, fields)
    return fields
  }

  #decode(block: Buffer): { fields: Fields | undefined; indexesAlone: boolean } {
    this.#block = block
    this.#at = 0
    const found: Field[] = []
    let bytes = 0
    let indexesAlone = true
    while (this.#at < block.length) {
      const first = block[this.#at] as number
      if (first >= 0x80) found.push(this.#entry(this.#integer(7)))
      else {
        indexesAlone = false
        if (first >= 0x40) found.push(this.#remember(this.#literal(6)))
        else if (first < 0x20) found.push(this.#literal(4))
        else this.#resize(this.#integer(5), found.length)
      }
      const [name, value] = found.at(-1) ?? ['', '']
      bytes += name.length + value.length + ENTRY_BYTES
      if (bytes > FIELDS_BYTES) throw new ConnectionError(ErrorCode.calmDown, 'too many fields')
    }
    return { fields: fieldsOf(found), indexesAlone }
  }

  #literal(prefixBits: number): Field {
    const index = this.#integer(prefixBits)
    const name = index === 0 ? this.#string() : this.#entry(index)[0]
    return [name, this.#string()]
  }

  #entry(index: number): Field {
    const entry = STATIC_TABLE[index - 1] ?? this.#table[index - 1 - STATIC_TABLE.length]
    if (index === 0 || entry === undefined) throw malformed(`no entry ${index}`)
    return entry
  }

  #remember(field: Field): Field {
    this.#known.clear()
    this.#table.unshift(field)
    this.#tableBytes += sizeOf(field)
    this.#evict()
    return field
  }

  #resize(limit: number, before: number): void {
    if (limit > TABLE_BYTES || before > 0) throw malformed('a table size out of place')
    this.#known.clear()
    this.#tableLimit = limit
    this.#evict()
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableLimit) {
      this.#tableBytes -= sizeOf(this.#table.pop() as Field)
    }
  }

  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1
    let value = this.#byte() & mask
    if (value < mask) return value
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw malformed('an integer too long')
  }

  #string(): string {
    const huffman = (this.#block[this.#at] ?? 0) >= 0x80
    const length = this.#integer(7)
    const from = this.#at
    this.#at += length
    if (this.#at > this.#block.length) throw malformed('a string cut short')
    const bytes = this.#block.subarray(from, this.#at) as Buffer
    return huffman ? decodeHuffman(bytes) : bytes.toString('latin1')
  }

  #byte(): number {
    const byte = this.#block[this.#at++]
    if (byte === undefined) throw malformed('a block cut short')
    return byte
  }
}

const sizeOf = ([name, value]: Field): number => name.length + value.length + ENTRY_BYTES

const malformed = (what: string): ConnectionError =>
  new ConnectionError(ErrorCode.compression, `malformed header block: ${what}`)

/** Undefined for names in upper case and for a pseudo field that is doubled or behind a plain one. */
function fieldsOf(found: readonly Field[]): Fields | undefined {
  const fields: Record<string, string> = {}
  let plain = false
  for (const [name, value] of found) {
    const before = fields[name]
    if (name.startsWith(':')) {
      if (plain || before !== undefined) return undefined
    } else {
      plain = true
      if (name === '' || /[A-Z]/.test(name)) return undefined
    }
    fields[name] = before === undefined ? value : `${before}, ${value}`
  }
  return fields
}
