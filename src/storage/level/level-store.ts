/**
 * The store port on classic-level: the only place that knows it.
 *
 * Several threads of one process open the same directory (`multithreading`); the process crashes
 * unless the main thread opens it first and closes it last, so a worker that died is left alone.
 */

import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Bytes } from '../../base/bytes.ts'
import type { Done, KeyRange, Page, PageLimit, Store, StoreOp, StoreStats } from '../store.ts'

/** Chosen by measurement on the put path: fewer, larger files, and a cache that holds the hot tables. */
const TUNING = {
  writeBufferSize: 16 * 1024 * 1024,
  maxFileSize: 16 * 1024 * 1024,
  cacheSize: 32 * 1024 * 1024,
} as const

/** An iterator yields rows in native batches of this size: large enough to amortise the thread hop. */
const ROWS_PER_HOP = 512

/** How long a look at the volume is good for: it costs a system call for each file. */
const LOOK_MS = 500

export interface LevelStoreOptions {
  readonly directory: string
  /** Off only by `unsafe.noSync`: an acknowledged write may then be lost with the machine. */
  readonly sync: boolean
}

export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable'
}

type Database = ClassicLevel<Bytes, Bytes>

/** Opens, or creates, the database in a directory. Throws `StoreUnusable`, which says how to mend it. */
export async function openLevelStore(options: LevelStoreOptions): Promise<LevelStore> {
  const database: Database = new ClassicLevel(options.directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    multithreading: true,
    ...TUNING,
  })
  try {
    await database.open()
  } catch (error) {
    throw new StoreUnusable(explainOpenError(options.directory, error))
  }
  return new LevelStore(database, options)
}

export class LevelStore implements Store {
  readonly #database: Database
  readonly #directory: string
  readonly #sync: boolean
  #lookedMs = Number.NEGATIVE_INFINITY
  #stats: StoreStats = { diskBytes: 0, levelZeroFiles: 0, freeBytes: 0 }

  constructor(database: Database, options: LevelStoreOptions) {
    this.#database = database
    this.#directory = options.directory
    this.#sync = options.sync
  }

  commit(ops: readonly StoreOp[], done: Done<void>): void {
    this.#write(ops).then(() => done(undefined), done)
  }

  get(key: Bytes): Bytes | undefined {
    return this.#database.getSync(key)
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    this.#database.getMany([...keys]).then((values) => done(undefined, values), done)
  }

  scan(range: KeyRange, limit: PageLimit, done: Done<Page>): void {
    this.#page(range, limit).then((page) => done(undefined, page), done)
  }

  compact(range: KeyRange, done: Done<void>): void {
    this.#database.compactRange(range.from, range.to).then(() => done(undefined), done)
  }

  stats(): StoreStats {
    const nowMs = performance.now()
    if (nowMs - this.#lookedMs >= LOOK_MS) {
      this.#lookedMs = nowMs
      this.#stats = this.#look()
    }
    return this.#stats
  }

  /** Nothing may be under way. On the main thread last of all. */
  close(): Promise<void> {
    return this.#database.close()
  }

  #look(): StoreStats {
    const volume = statfsSync(this.#directory)
    let diskBytes = 0
    for (const name of readdirSync(this.#directory)) {
      // A compaction may have deleted the file meanwhile.
      const file = statSync(join(this.#directory, name), { throwIfNoEntry: false })
      diskBytes += file?.size ?? 0
    }
    return {
      diskBytes,
      levelZeroFiles: Number(this.#database.getProperty('leveldb.num-files-at-level0')) || 0,
      freeBytes: volume.bavail * volume.bsize,
    }
  }

  /** Row by row into the batch: handing over an array takes the binding twice as long. */
  async #write(ops: readonly StoreOp[]): Promise<void> {
    const batch = this.#database.batch()
    for (const op of ops) {
      if (op.type === 'put') batch.put(op.key, op.value)
      else batch.del(op.key)
    }
    await batch.write({ sync: this.#sync })
  }

  async #page(range: KeyRange, limit: PageLimit): Promise<Page> {
    const iterator = this.#database.iterator({
      gte: range.from,
      lt: range.to,
      reverse: range.reverse ?? false,
      fillCache: false,
      highWaterMarkBytes: limit.bytes,
    })
    try {
      const rows: [Bytes, Bytes][] = []
      let bytes = 0
      for (;;) {
        // One row more than asked tells whether the range goes on.
        const found = await iterator.nextv(Math.min(ROWS_PER_HOP, limit.rows + 1 - rows.length))
        if (found.length === 0) return { rows, more: false }
        for (const row of found) {
          bytes += row[0].length + row[1].length
          if (rows.length === limit.rows || (rows.length > 0 && bytes > limit.bytes)) {
            return { rows, more: true }
          }
          rows.push(row)
        }
      }
    } finally {
      await iterator.close()
    }
  }
}

function explainOpenError(directory: string, error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const text = cause instanceof Error ? cause.message : String(cause)
  if (code === 'LEVEL_LOCKED') {
    return `the store in ${directory} is in use by another process; stop that one first`
  }
  if (code === 'LEVEL_CORRUPTION') {
    return `the store in ${directory} is damaged (${text}); move it aside and rejoin with --rejoin`
  }
  return `the store in ${directory} cannot be opened: ${text}`
}
