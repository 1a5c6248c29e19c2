/** `batch`: many writes in one call, atomic within each region. */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import colors from 'picocolors'
import { type BatchOp, type BatchPart, VersionMismatch } from '../../client/flare/index.ts'
import { NodeRefused } from '../../node/refused.ts'
import { bytesIn, objectIn } from './records.ts'
import { EXIT, runs, type Session, wholeOf } from './run.ts'

const PARTS = [
  ['operations', 'left'],
  ['outcome', 'left'],
  ['version', 'right'],
] as const

export function addBatchCommand(flare: Command): void {
  flare
    .command('batch')
    .description('put and delete keys in one call: atomic within each region, not beyond')
    .argument(
      '[file]',
      'lines like {"op":"put","key":"a","value":"1"} or {"op":"delete","key":"b","expect":"17"}',
      '-',
    )
    .action(runs(batch))
}

async function batch({ namespace, out }: Session, file: string) {
  const parts = await namespace.batch(opsIn(textOfFile(file)))
  const objects = parts.map(({ ops, version, error }) => ({
    ops,
    ...(version === undefined ? {} : { version }),
    ...(error === undefined ? {} : { error: { reason: error.reason, text: error.message } }),
  }))
  out.show(
    { parts: objects },
    PARTS,
    parts.map(({ ops, version, error }) => [
      ops.map((at) => at + 1).join(' '),
      error === undefined ? colors.green('done') : colors.red(`${error.reason}: ${error.message}`),
      version ?? '',
    ]),
  )
  return codeOf(parts)
}

/** The worst of all parts. */
function codeOf(parts: readonly BatchPart[]): number {
  const errors = parts.flatMap(({ error }) => error ?? [])
  if (errors.length === 0) return EXIT.ok
  if (errors.some(({ reason }) => reason === 'undetermined')) return EXIT.undetermined
  if (errors.every((error) => error instanceof VersionMismatch)) return EXIT.mismatch
  return errors.some(({ reason }) => reason === 'unavailable') ? EXIT.unavailable : EXIT.refused
}

export function opsIn(text: string): BatchOp[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : opIn(line, i + 1)))
}

function opIn(text: string, line: number): BatchOp {
  const object = objectIn(text, line)
  const key = bytesIn(object, 'key')
  if (key === undefined) throw new NodeRefused(`line ${line}: it needs key or key64`)
  const { op = 'put', expect } = object
  const expected = expect === undefined ? {} : { expect: wholeOf('expect', `${expect}`) }
  if (op === 'delete') return { op, key, ...expected }
  const value = bytesIn(object, 'value')
  if (op !== 'put') throw new NodeRefused(`line ${line}: op is put or delete, not ${op}`)
  if (value === undefined) throw new NodeRefused(`line ${line}: a put needs value or value64`)
  return { op, key, value, ...expected }
}

/** `-` is standard input. */
export function textOfFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new NodeRefused(`${file} cannot be read: ${(error as Error).message}`)
  }
}
