/**
 * `npm run bench -- disk [--mib N]`: the same keys are overwritten all the time and compacted behind, and
 * what the nodes take on disk is measured beside what was written: it must level off.
 */

import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type PlasmaClient } from '../src/client/connect.ts'
import { type Contender, leaderFirst } from './contenders.ts'
import { columns } from './report.ts'

export interface CurveOptions {
  readonly endpoint: string
  /** Data directories of all nodes. */
  readonly directories: readonly string[]
  /** How much is written; the disk is looked at in so many even steps. */
  readonly totalBytes: number
  readonly samples: number
  readonly keys: number
  readonly valueBytes: number
}

export interface CurvePoint {
  readonly seconds: number
  /** Keys and values that clients wrote so far. */
  readonly writtenBytes: number
  /** What is left of it when all superseded versions are dropped. */
  readonly liveBytes: number
  readonly diskBytes: readonly number[]
}

const LANES = 64
const KEY_BYTES = 16
const COMPACT_MS = 1000

/** Overwrites until so much is written. */
export async function diskCurve(options: CurveOptions): Promise<CurvePoint[]> {
  const client = connect({ endpoints: [options.endpoint] })
  const writer = new Overwriter(client, options)
  const timer = setInterval(() => writer.compact(), COMPACT_MS)
  try {
    return await writer.run()
  } finally {
    clearInterval(timer)
    client.close()
  }
}

class Overwriter {
  readonly #client: PlasmaClient
  readonly #options: CurveOptions
  readonly #noise: Buffer
  readonly #points: CurvePoint[] = []
  readonly #beganMs = performance.now()
  #writtenBytes = 0
  #next = 0
  #revision = 0

  constructor(client: PlasmaClient, options: CurveOptions) {
    this.#client = client
    this.#options = options
    // What compresses well would flatter the figure.
    this.#noise = randomBytes(2 * options.valueBytes)
  }

  async run(): Promise<CurvePoint[]> {
    const lane = async (): Promise<void> => {
      while (this.#writtenBytes < this.#options.totalBytes) await this.#put(this.#next++)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return this.#points
  }

  compact(): void {
    if (this.#revision > 0) this.#client.kv.compact(this.#revision).catch(() => {})
  }

  async #put(number: number): Promise<void> {
    const { keys, valueBytes } = this.#options
    const key = String(number % keys).padStart(KEY_BYTES, '0')
    const at = number % valueBytes
    const { revision } = await this.#client.kv.put(key, this.#noise.subarray(at, at + valueBytes))
    this.#revision = Math.max(this.#revision, revision)
    this.#writtenBytes += KEY_BYTES + valueBytes
    const { totalBytes, samples } = this.#options
    const due = (totalBytes * (this.#points.length + 1)) / samples
    if (this.#writtenBytes >= due) this.#points.push(this.#look())
  }

  #look(): CurvePoint {
    const { keys, valueBytes, directories } = this.#options
    return {
      seconds: Math.round((performance.now() - this.#beganMs) / 1000),
      writtenBytes: this.#writtenBytes,
      liveBytes: keys * (KEY_BYTES + valueBytes),
      diskBytes: directories.map(bytesIn),
    }
  }
}

function bytesIn(directory: string): number {
  let bytes = 0
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    // LevelDB may have deleted the file meanwhile.
    const found = statSync(join(directory, name), { throwIfNoEntry: false })
    if (found?.isFile()) bytes += found.size
  }
  return bytes
}

/** On three nodes with default limits. */
export async function measureDisk(contender: Contender, mebibytes: number): Promise<CurvePoint[]> {
  const [leader] = await leaderFirst(contender)
  return diskCurve({
    endpoint: leader?.endpoint ?? '',
    directories: contender.members.map(({ data }) => data),
    totalBytes: mebibytes * 2 ** 20,
    samples: 20,
    keys: 1000,
    valueBytes: 1024,
  })
}

export function renderDisk(points: readonly CurvePoint[]): string {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  const rows = points.map(({ seconds, writtenBytes, liveBytes, diskBytes }) => [
    String(seconds),
    mebibytes(writtenBytes),
    mebibytes(liveBytes),
    ...diskBytes.map(mebibytes),
  ])
  const nodes = points[0]?.diskBytes.map((_, i) => `n${i + 1} on disk`) ?? []
  return columns([['seconds', 'MiB written', 'live', ...nodes], ...rows])
}
