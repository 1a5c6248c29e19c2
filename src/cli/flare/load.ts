/** `load`, `import`, `export`: many keys between files and a namespace, with progress. */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Command } from 'commander'
import {
  type BatchOp,
  FlareError,
  type Namespace,
  type Row,
  Undetermined,
} from '../../client/flare/index.ts'
import { rangeOf } from './kv.ts'
import { Progress } from './progress.ts'
import { bytesOfFile, type FileRow, formatOf, lineOf, recordsOf } from './records.ts'
import { EXIT, numberOf, runs, type Session, wholeOf } from './run.ts'

const BATCH_BYTES = 512 * 1024
const RETRIES = 20

export function addFileCommands(flare: Command): void {
  for (const [name, text] of LOADERS) {
    flare
      .command(name)
      .description(text)
      .argument('<file>', '- is standard input')
      .option('--format <format>', 'csv or jsonl; else by the name of the file')
      .option('--key-column <name>', 'of a CSV with a header', undefined)
      .option('--value-column <name>', 'of a CSV with a header', undefined)
      .option('--separator <sign>', 'between the columns of a CSV', ',')
      .option('--batch <rows>', 'rows that go together', '100')
      .option('--parallel <batches>', 'batches under way at a time', '8')
      .action(runs(load))
  }
  flare
    .command('export')
    .description('write one snapshot of a namespace, or of a range, as JSON lines')
    .argument('[file]', 'standard output without it', '-')
    .option('--prefix <prefix>', 'all keys that begin so')
    .option('--from <key>', 'the first key')
    .option('--to <key>', 'the first key not to write')
    .option('--at <timestamp>', 'the snapshot; else one of now')
    .action(runs(exportAll))
}

const LOADERS = [
  ['load', 'write the keys and values of a CSV or of JSON lines'],
  ['import', 'write what export has written'],
] as const

async function load({ namespace, out, options }: Session, file: string) {
  const format = formatOf(file, options.format as string | undefined)
  const columns = {
    key: options.keyColumn as string | undefined,
    value: options.valueColumn as string | undefined,
    separator: `${options.separator}`,
  }
  const most = numberOf('--batch', `${options.batch}`)
  const lanes = numberOf('--parallel', `${options.parallel}`)
  const totalBytes = bytesOfFile(file)
  const progress = new Progress('written', {
    ...(totalBytes === undefined ? {} : { totalBytes }),
    quiet: out.json,
  })
  const batches = batchesOf(recordsOf(file, format, columns), most)
  progress.start()
  let doneBytes = 0
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = await batches.next()
      if (next.done) return
      const records = next.value
      await putAll(namespace, records)
      const bytes = (records.at(-1) as FileRow).bytes
      progress.add(records.length, Math.max(0, bytes - doneBytes))
      doneBytes = Math.max(doneBytes, bytes)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, lane))
  } finally {
    progress.stop()
  }
  if (out.json) out.line({ rows: progress.rows, seconds: progress.seconds })
  return EXIT.ok
}

/** Later rows of a key win: it stands once in a batch. */
async function* batchesOf(
  records: AsyncIterable<FileRow>,
  most: number,
): AsyncGenerator<readonly FileRow[], void, void> {
  let batch = new Map<string, FileRow>()
  let bytes = 0
  for await (const record of records) {
    const size = record.key.length + record.value.length
    if (batch.size > 0 && (batch.size >= most || bytes + size > BATCH_BYTES)) {
      yield [...batch.values()]
      batch = new Map()
      bytes = 0
    }
    batch.set(Buffer.from(record.key).toString('latin1'), record)
    bytes += size
  }
  if (batch.size > 0) yield [...batch.values()]
}

/** Puts do no harm twice: what failed for a while, or may have been done, goes again. */
async function putAll(namespace: Namespace, records: readonly FileRow[]): Promise<void> {
  let ops: readonly BatchOp[] = records.map(({ key, value }) => ({ op: 'put', key, value }))
  for (let retry = 0; ; retry++) {
    const failed = await failedOf(namespace, ops)
    if (failed.error === undefined) return
    if (retry === RETRIES || !PASSING.has(failed.error.reason)) throw failed.error
    ops = failed.ops
    await new Promise((resolve) => setTimeout(resolve, 50 * (retry + 1)))
  }
}

const PASSING = new Set(['undetermined', 'unavailable', 'overloaded', 'locked', 'failed'])

async function failedOf(namespace: Namespace, ops: readonly BatchOp[]) {
  try {
    const parts = await namespace.batch(ops)
    const failed = parts.filter(({ error }) => error !== undefined)
    return {
      error: failed[0]?.error,
      ops: failed.flatMap((part) => part.ops.map((at) => ops[at] as BatchOp)),
    }
  } catch (error) {
    if (error instanceof FlareError || error instanceof Undetermined) return { error, ops }
    throw error
  }
}

async function exportAll({ db, namespace, out, options }: Session, file: string) {
  const at = options.at === undefined ? await db.timestamp() : wholeOf('--at', `${options.at}`)
  const range = rangeOf(out, options, undefined) ?? {}
  const target: Writable = file === '-' ? process.stdout : createWriteStream(file)
  const progress = new Progress('exported', { quiet: out.json || file === '-' })
  progress.start()
  try {
    for await (const row of namespace.scan({ ...range, at })) {
      const line = lineOf(row as Row)
      if (!target.write(line)) await once(target, 'drain')
      progress.add(1, line.length)
    }
    if (target !== process.stdout) {
      target.end()
      await once(target, 'finish')
    }
  } finally {
    progress.stop()
  }
  if (out.json && file !== '-') out.line({ rows: progress.rows, at })
  return EXIT.ok
}
