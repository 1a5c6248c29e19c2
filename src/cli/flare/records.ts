/**
 * Keys and values in files. CSV: a column for the key and one for the value. JSON lines: `key` and `value`, or
 * `key64` and `value64` in base64 where they are no text; a value that is no text in JSON goes as its JSON.
 */

import { createReadStream, statSync } from 'node:fs'
import { NodeRefused } from '../../node/refused.ts'
import { CsvReader } from './csv.ts'
import { field } from './output.ts'

export interface FileRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Of the file, up to and with this record: for progress. */
  readonly bytes: number
}

export type Format = 'csv' | 'jsonl'

export interface CsvColumns {
  readonly key: string | undefined
  readonly value: string | undefined
  readonly separator: string
}

/** `-` is standard input. */
export function formatOf(file: string, given: string | undefined): Format {
  if (given !== undefined) {
    if (given === 'csv' || given === 'jsonl') return given
    throw new NodeRefused(`--format is csv or jsonl, not ${given}`)
  }
  if (/\.csv$/i.test(file)) return 'csv'
  if (/\.(jsonl|ndjson|json)$/i.test(file)) return 'jsonl'
  throw new NodeRefused(
    `what ${file} holds cannot be told from its name; give --format csv or jsonl`,
  )
}

/** Undefined for standard input. */
export function bytesOfFile(file: string): number | undefined {
  if (file === '-') return undefined
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new NodeRefused(`there is no file ${file}`)
  return found.size
}

export async function* recordsOf(
  file: string,
  format: Format,
  columns: CsvColumns,
): AsyncGenerator<FileRow, void, void> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  input.setEncoding('utf8')
  yield* format === 'csv' ? csvRecords(input, columns) : jsonRecords(input)
}

async function* csvRecords(
  input: AsyncIterable<string>,
  columns: CsvColumns,
): AsyncGenerator<FileRow, void, void> {
  const reader = new CsvReader(columns.separator)
  let places: { readonly key: number; readonly value: number } | undefined
  let bytes = 0
  const take = function* (rows: ReturnType<CsvReader['read']>): Generator<FileRow> {
    for (const { cells, line } of rows) {
      if (places === undefined) {
        const named = placesIn(cells, columns)
        places = named.places
        if (named.isHeader) continue
      }
      const [key, value] = [cells[places.key], cells[places.value]]
      if (key === undefined || value === undefined) {
        throw new NodeRefused(`line ${line}: it has ${cells.length} columns, too few`)
      }
      yield { key: Buffer.from(key), value: Buffer.from(value), bytes }
    }
  }
  try {
    for await (const piece of input) {
      bytes += Buffer.byteLength(piece)
      yield* take(reader.read(piece))
    }
    yield* take(reader.end())
  } catch (error) {
    throw error instanceof NodeRefused ? error : new NodeRefused((error as Error).message)
  }
}

/** The first line is a header if it has the columns that are named, or `key` and `value`. */
function placesIn(cells: readonly string[], { key, value }: CsvColumns) {
  const at = (name: string): number => cells.findIndex((cell) => cell.trim() === name)
  const found = { key: at(key ?? 'key'), value: at(value ?? 'value') }
  if (found.key >= 0 && found.value >= 0) return { places: found, isHeader: true }
  if (key !== undefined || value !== undefined) {
    throw new NodeRefused(
      `the first line has no columns ${key ?? 'key'} and ${value ?? 'value'}: ${cells.join(', ')}`,
    )
  }
  return { places: { key: 0, value: 1 }, isHeader: false }
}

async function* jsonRecords(input: AsyncIterable<string>): AsyncGenerator<FileRow, void, void> {
  let rest = ''
  let line = 0
  let bytes = 0
  for await (const piece of input) {
    bytes += Buffer.byteLength(piece)
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      line++
      if (text.trim() !== '') yield { ...recordIn(text, line), bytes }
    }
  }
  if (rest.trim() !== '') yield { ...recordIn(rest, line + 1), bytes }
}

function recordIn(text: string, line: number): Omit<FileRow, 'bytes'> {
  const object = objectIn(text, line)
  const key = bytesIn(object, 'key')
  const value = bytesIn(object, 'value')
  if (key !== undefined && value !== undefined) return { key, value }
  throw new NodeRefused(`line ${line}: it needs key and value, or key64 and value64`)
}

/** The object on a line of JSON. */
export function objectIn(text: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new NodeRefused(`line ${line}: no JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never
  throw new NodeRefused(`line ${line}: an object is needed, like {"key":"a","value":"1"}`)
}

/** What stands under a name as text, as other JSON, or in base64. */
export function bytesIn(
  object: Readonly<Record<string, unknown>>,
  name: string,
): Uint8Array | undefined {
  const coded = object[`${name}64`]
  if (typeof coded === 'string') return Buffer.from(coded, 'base64')
  const plain = object[name]
  if (plain === undefined) return undefined
  return Buffer.from(typeof plain === 'string' ? plain : JSON.stringify(plain))
}

export const lineOf = (row: { readonly key: Uint8Array; readonly value: Uint8Array }): string =>
  `${JSON.stringify({ ...field('key', row.key), ...field('value', row.value) })}\n`
