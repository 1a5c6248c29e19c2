/** What commands print: tables for people, JSON for programs, bytes as text wherever they are text. */

import colors from 'picocolors'
import type { Text } from '../../client/flare/index.ts'
import { NodeRefused } from '../../node/refused.ts'
import { type Column, plainTable } from '../tables.ts'

export class Output {
  readonly json: boolean
  readonly #hex: boolean

  constructor(json: boolean, hex: boolean) {
    this.json = json
    this.#hex = hex
  }

  /** A key or value of the command line. */
  bytes(given: string): Text {
    if (!this.#hex) return given
    if (!/^([0-9a-f]{2})*$/i.test(given)) {
      throw new NodeRefused(`${given} is no hexadecimal; give two digits for each byte`)
    }
    return Uint8Array.from(Buffer.from(given, 'hex'))
  }

  /** A key or value for people. */
  whole(bytes: Uint8Array): string {
    return this.#hex ? Buffer.from(bytes).toString('hex') : shown(bytes)
  }

  /** The same, cut where it is long. */
  text(bytes: Uint8Array): string {
    const text = this.whole(bytes)
    const signs = [...text.slice(0, 2 * CELL + 2)]
    if (signs.length <= CELL) return text
    return `${signs.slice(0, CELL).join('')}… (${sizeOf(bytes.length)})`
  }

  /** One object, or a table where people look. */
  show(object: object, columns: readonly Column[], rows: readonly (readonly unknown[])[]): void {
    if (this.json) this.line(object)
    else this.table(columns, rows)
  }

  /** One JSON object, one line. */
  line(object: object): void {
    console.log(jsonOf(object))
  }

  table(columns: readonly Column[], rows: readonly (readonly unknown[])[]): void {
    const table = plainTable(columns)
    for (const row of rows) table.push(row.map(String))
    console.log(table.toString())
  }

  /** For people alone. */
  say(sentence: string): void {
    if (!this.json) console.log(sentence)
  }

  error(reason: string, text: string): void {
    if (this.json) console.error(jsonOf({ error: { reason, text } }))
    else console.error(`flaredb: ${colors.red(text)}`)
  }
}

/** Numbers beyond 2^53 go as text, as protobuf's JSON has them. */
export const jsonOf = (object: object): string =>
  JSON.stringify(object, (_, value) => (typeof value === 'bigint' ? String(value) : value))

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined where bytes are no text. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}

/** `name` holds the text; bytes that are no text go as `name64`, in base64. */
export function field(name: string, bytes: Uint8Array): Readonly<Record<string, string>> {
  const text = textIn(bytes)
  return text === undefined
    ? { [`${name}64`]: Buffer.from(bytes).toString('base64') }
    : { [name]: text }
}

/** Signs of a table's cell. */
const CELL = 64

const CONTROL = /[\p{Cc}\p{Cf}]/gu

/** Without anything that a terminal would act upon. */
function shown(bytes: Uint8Array): string {
  const text = textIn(bytes)
  if (text === undefined) return `0x${Buffer.from(bytes).toString('hex')}`
  return text.replace(CONTROL, (sign) => JSON.stringify(sign).slice(1, -1))
}

/** The date within a timestamp or version. */
export const dateOf = (stamp: bigint): string => new Date(Number(stamp >> 16n)).toISOString()

export function sizeOf(bytes: number | bigint): string {
  let size = Number(bytes)
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1024)
      return `${size < 10 && unit !== 'B' ? size.toFixed(1) : size.toFixed(0)} ${unit}`
    size /= 1024
  }
  return `${size.toFixed(1)} TiB`
}
