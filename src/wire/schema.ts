/**
 * Shapes of messages: each schema turns a value into a tuple of fixed order and back, and checks every
 * bound on the way in. Tuples hold numbers, bigints, strings, booleans, byte strings, null and tuples,
 * so that they survive structured clone and msgpack alike.
 *
 * Promises: `decode` gives a value of exactly the declared shape or throws `MalformedMessage` with the
 * path of the field. Byte strings are never copied, either way: decoded ones lie in the buffer they came
 * in, so whoever keeps a few of many must copy those. `encode` trusts its types. Leaves to others: what the values mean, frames, versions.
 */

import type { Bytes } from '../base/bytes.ts'

export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
  /** Where in the message, outermost field first: `entries.3.term`. */
  readonly path: string
  readonly expected: string

  constructor(path: string, expected: string) {
    super(`malformed message: ${path === '' ? 'it' : path} must be ${expected}`)
    this.path = path
    this.expected = expected
  }
}

export interface Schema<T> {
  encode(value: T): unknown
  decode(tuple: unknown): T
}

const fail = (expected: string): never => {
  throw new MalformedMessage('', expected)
}

/** The same failure, seen from one level further out. */
function within(step: string | number, error: unknown): unknown {
  if (!(error instanceof MalformedMessage)) return error
  return new MalformedMessage(
    error.path === '' ? `${step}` : `${step}.${error.path}`,
    error.expected,
  )
}

const same = <T>(value: T): unknown => value

/** A whole number from 0 to 2^53 - 1. */
export const count: Schema<number> = {
  encode: same,
  decode: (it) =>
    (Number.isSafeInteger(it) && (it as number) >= 0 ? it : fail('a count')) as number,
}

/** A whole number of either sign, within 2^53 - 1. */
export const int: Schema<number> = {
  encode: same,
  decode: (it) => (Number.isSafeInteger(it) ? it : fail('a whole number')) as number,
}

const ID_MIN = -(2n ** 63n)
const ID_MAX = 2n ** 64n - 1n

/** A 64-bit id, signed or not. */
export const id: Schema<bigint> = {
  encode: same,
  decode: (it) =>
    typeof it === 'bigint' && it >= ID_MIN && it <= ID_MAX ? it : fail('a 64-bit id'),
}

export const bool: Schema<boolean> = {
  encode: same,
  decode: (it) => (typeof it === 'boolean' ? it : fail('true or false')),
}

/** Text of at most this many UTF-16 units. */
export function text(max: number): Schema<string> {
  const expected = `text of at most ${max} characters`
  return {
    encode: same,
    decode: (it) => (typeof it === 'string' && it.length <= max ? it : fail(expected)),
  }
}

/** A byte string of at most this length. */
export function bytes(max: number): Schema<Bytes> {
  const expected = `at most ${max} bytes`
  return {
    encode: same,
    decode: (it) =>
      it instanceof Uint8Array && it.byteLength <= max ? plainBytes(it) : fail(expected),
  }
}

/** Never a Buffer: two ways to hold the same bytes would compare as different. */
function plainBytes(it: Uint8Array): Bytes {
  if (it.constructor === Uint8Array) return it
  return new Uint8Array(it.buffer, it.byteOffset, it.byteLength)
}

/** The same shape under a branded type. */
export const branded = <T>(schema: Schema<string> | Schema<number> | Schema<bigint>): Schema<T> =>
  schema as unknown as Schema<T>

/** A value or its absence. */
export function optional<T>(of: Schema<T>): Schema<T | undefined> {
  return {
    encode: (value) => (value === undefined ? null : of.encode(value)),
    decode: (it) => (it === null || it === undefined ? undefined : of.decode(it)),
  }
}

/** At most `max` elements of one shape. */
export function list<T>(of: Schema<T>, max: number): Schema<readonly T[]> {
  const expected = `a list of at most ${max}`
  return {
    encode(values) {
      const tuple = new Array(values.length)
      for (let i = 0; i < values.length; i++) tuple[i] = of.encode(values[i] as T)
      return tuple
    },
    decode(it) {
      if (!Array.isArray(it) || it.length > max) return fail(expected)
      const values: T[] = new Array(it.length)
      let i = 0
      try {
        for (; i < it.length; i++) values[i] = of.decode(it[i])
      } catch (error) {
        throw within(i, error)
      }
      return values
    },
  }
}

/** A closed set of words, sent as their position: words are only ever added, at the end. */
export function oneOf<const W extends readonly string[]>(...words: W): Schema<W[number]> {
  const positions = new Map<string, number>(words.map((word, at) => [word, at]))
  const expected = `one of ${words.join(', ')}`
  return {
    encode: (word) => positions.get(word),
    decode: (it) => (typeof it === 'number' ? (words[it] ?? fail(expected)) : fail(expected)),
  }
}

/** Two values side by side. */
export function pair<A, B>(first: Schema<A>, second: Schema<B>): Schema<readonly [A, B]> {
  return {
    encode: (value) => [first.encode(value[0]), second.encode(value[1])],
    decode: (it) =>
      Array.isArray(it) && it.length === 2 ? [at(0, first, it), at(1, second, it)] : fail('a pair'),
  }
}

function at<T>(position: number, schema: Schema<T>, tuple: readonly unknown[]): T {
  try {
    return schema.decode(tuple[position])
  } catch (error) {
    throw within(position, error)
  }
}

/** A schema whose tuple can also stand behind a tag. */
export interface StructSchema<T> extends Schema<T> {
  /** Field names, in tuple order. */
  readonly names: readonly string[]
  /** Writes the fields into `tuple` from position `from` on. */
  encodeInto(tuple: unknown[], from: number, value: T): void
  /** Reads them from there, into `into`; nothing may follow. */
  decodeFrom(tuple: readonly unknown[], from: number, into: object): T
}

/** Named fields, in this order. */
export function struct<T extends object>(
  fields: {
    readonly [K in keyof T]: Schema<T[K]>
  },
): StructSchema<{ readonly [K in keyof T]: T[K] }> {
  const names = Object.keys(fields)
  const schemas = Object.values(fields) as Schema<unknown>[]
  const width = names.length
  const expected = `a tuple of ${width}`

  function encodeInto(tuple: unknown[], from: number, value: T): void {
    const source = value as Record<string, unknown>
    for (let i = 0; i < width; i++) {
      tuple[from + i] = (schemas[i] as Schema<unknown>).encode(source[names[i] as string])
    }
  }

  function decodeFrom(tuple: readonly unknown[], from: number, into: object): T {
    if (tuple.length !== from + width) return fail(expected)
    const target = into as Record<string, unknown>
    let i = 0
    try {
      for (; i < width; i++) {
        target[names[i] as string] = (schemas[i] as Schema<unknown>).decode(tuple[from + i])
      }
    } catch (error) {
      throw within(names[i] as string, error)
    }
    return target as T
  }

  return {
    names,
    encodeInto,
    decodeFrom,
    encode(value) {
      const tuple: unknown[] = new Array(width)
      encodeInto(tuple, 0, value)
      return tuple
    },
    decode: (it) => (Array.isArray(it) ? decodeFrom(it, 0, {}) : fail(expected)),
  }
}

type UnionOf<D extends string, V> = {
  [K in keyof V]: { readonly [P in D]: K } & V[K]
}[keyof V]

/**
 * One of several structs, told apart by the field `discriminant`. The tag is the variant's position:
 * variants are only ever added, at the end.
 */
export function union<const D extends string, V extends object>(
  discriminant: D,
  variants: { readonly [K in keyof V]: StructSchema<V[K]> },
): Schema<UnionOf<D, V>> {
  type T = UnionOf<D, V>
  const words = Object.keys(variants)
  const schemas = Object.values(variants) as unknown as StructSchema<unknown>[]
  const tags = new Map(words.map((word, tag) => [word, tag]))
  const expected = `one of ${words.join(', ')}`
  return {
    encode(value) {
      const tag = tags.get((value as Record<string, string>)[discriminant] as string) as number
      const schema = schemas[tag] as StructSchema<unknown>
      const tuple: unknown[] = new Array(schema.names.length + 1)
      tuple[0] = tag
      schema.encodeInto(tuple, 1, value)
      return tuple
    },
    decode(it) {
      if (!Array.isArray(it) || typeof it[0] !== 'number') return fail(expected)
      const schema = schemas[it[0]]
      if (schema === undefined) return fail(expected)
      const tag = it[0]
      try {
        return schema.decodeFrom(it, 1, { [discriminant]: words[tag] }) as T
      } catch (error) {
        throw within(words[tag] as string, error)
      }
    },
  }
}

/** A schema that mentions itself; `depth` levels of it are taken. */
export function recursive<T>(depth: number, make: (inner: Schema<T>) => Schema<T>): Schema<T> {
  let level = 0
  const inner: Schema<T> = {
    encode: (value) => outer.encode(value),
    decode(it) {
      if (level >= depth) return fail(`nested at most ${depth} deep`)
      level++
      try {
        return outer.decode(it)
      } finally {
        level--
      }
    },
  }
  const outer = make(inner)
  return outer
}
