/** Reads a parsed document field by field; whatever is not known or does not fit is named with its line. */

import type { ReadDocument } from '../../src/config/document.ts'
import { ConfigError, type ConfigProblem, nearest } from '../../src/config/problem.ts'
import { readBytes, readDuration, readDurations, readPpm, readShare } from './units.ts'

type Path = readonly (string | number)[]

export class Fields {
  readonly #document: ReadDocument
  readonly #path: Path
  readonly #values: Readonly<Record<string, unknown>>
  readonly #problems: ConfigProblem[]
  readonly #asked = new Set<string>()

  constructor(document: ReadDocument, path: Path, value: unknown, problems: ConfigProblem[]) {
    this.#document = document
    this.#path = path
    this.#problems = problems
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    this.#values = isMap ? (value as Record<string, unknown>) : {}
    if (!isMap && value !== undefined) this.#problem([], 'must hold keys')
  }

  static root(document: ReadDocument): Fields {
    return new Fields(document, [], document.values, [])
  }

  has(key: string): boolean {
    this.#asked.add(key)
    return this.#values[key] !== undefined
  }

  /** The fields below a key; none if it is left out. */
  below(key: string): Fields {
    this.#asked.add(key)
    return new Fields(this.#document, [...this.#path, key], this.#values[key], this.#problems)
  }

  /** One `Fields` for each element of a list. */
  list(key: string): Fields[] {
    this.#asked.add(key)
    const value = this.#values[key] ?? []
    if (!Array.isArray(value)) {
      this.#problem([key], 'must be a list')
      return []
    }
    return value.map((each, i) => {
      return new Fields(this.#document, [...this.#path, key, i], each, this.#problems)
    })
  }

  keys(): string[] {
    return Object.keys(this.#values)
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, fallback, 'a text', (value) =>
      typeof value === 'string' ? value : undefined,
    )
  }

  texts(key: string): string[] {
    return this.#read(key, [], 'a list of texts', (value) =>
      Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined,
    )
  }

  whole(key: string, low: number, high: number, fallback?: number): number {
    return this.#read(key, fallback, `a whole number from ${low} to ${high}`, (value) => {
      const fits = Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high
      return fits ? Number(value) : undefined
    })
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    return this.#read(key, fallback, `one of ${choices.join(', ')}`, (value) =>
      choices.find((each) => each === value),
    )
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#read(key, fallback, 'true or false', (value) =>
      typeof value === 'boolean' ? value : undefined,
    )
  }

  /** Microseconds. */
  duration(key: string, fallback?: number): number {
    return this.#read(key, fallback, 'a duration such as 250ms or 2s', readDuration)
  }

  durations(key: string, fallback?: readonly [number, number]): readonly [number, number] {
    return this.#read(key, fallback, 'durations such as 20ms..200ms', readDurations)
  }

  share(key: string, fallback: number): number {
    return this.#read(key, fallback, 'a share such as 2%', readShare)
  }

  ppm(key: string, fallback: number): number {
    return this.#read(key, fallback, 'parts per million such as 50ppm', readPpm)
  }

  bytes(key: string, fallback: number): number {
    return this.#read(key, fallback, 'bytes such as 100MiB', readBytes)
  }

  /** Names every key that nobody asked for. */
  close(): void {
    const known = [...this.#asked]
    for (const key of this.keys()) {
      if (this.#asked.has(key)) continue
      const near = nearest(key, known)
      this.#problem(
        [key],
        'there is no such key',
        near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`,
      )
    }
  }

  problem(key: string, what: string, fix?: string): void {
    this.#problem([key], what, fix)
  }

  /** Throws all problems found by this and everything below the same root. */
  refuseProblems(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems)
  }

  #read<T>(
    key: string,
    fallback: T | undefined,
    wanted: string,
    read: (value: unknown) => T | undefined,
  ): T {
    this.#asked.add(key)
    const value = this.#values[key]
    if (value === undefined) {
      if (fallback === undefined) this.#problem([key], 'is missing', `add it: ${wanted}`)
      return fallback as T
    }
    const found = read(value)
    if (found === undefined) {
      this.#problem([key], `must be ${wanted}, not ${JSON.stringify(value)}`)
    }
    return found as T
  }

  #problem(below: Path, what: string, fix?: string): void {
    const path = [...this.#path, ...below]
    const where = this.#document.whereIs(path)
    this.#problems.push({
      where,
      path: path.join('.'),
      what,
      ...(fix === undefined ? {} : { fix }),
    })
  }
}
