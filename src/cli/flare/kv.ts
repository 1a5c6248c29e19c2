/** `put`, `get`, `del`, `cas`, `scan`: keys and ranges. */

import type { Command } from 'commander'
import { type PageOptions, type Range, VersionMismatch } from '../../client/flare/index.ts'
import { dateOf, field } from './output.ts'
import { EXIT, note, numberOf, runs, type Session, wholeOf } from './run.ts'

interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly version: bigint
}

export const ROW = [
  ['key', 'left'],
  ['value', 'left'],
  ['version', 'right'],
  ['written', 'left'],
] as const

export function addKeyCommands(flare: Command): void {
  flare
    .command('put')
    .description('write a key')
    .argument('<key>')
    .argument('<value>')
    .option('--ttl <seconds>', 'the key is gone so much later')
    .action(runs(put))
  flare
    .command('get')
    .description('read a key')
    .argument('<key>')
    .option('--at <timestamp>', 'the snapshot at a timestamp')
    .option('--raw', 'print the value alone, byte for byte')
    .action(runs(get))
  flare
    .command('del')
    .description('delete a key, or with --prefix, --from, --to a range')
    .argument('[key]')
    .option('--prefix <prefix>', 'all keys that begin so')
    .option('--from <key>', 'the first key')
    .option('--to <key>', 'the first key not to delete')
    .action(runs(del))
  flare
    .command('cas')
    .description('write a key if it has a version; 0: if there is none')
    .argument('<key>')
    .argument('<version>')
    .argument('[value]', 'without it, delete the key')
    .option('--ttl <seconds>', 'the key is gone so much later')
    .action(runs(cas))
  flare
    .command('scan')
    .description('read a range in the order of its keys')
    .argument('[prefix]')
    .option('--from <key>', 'the first key')
    .option('--to <key>', 'the first key not to read')
    .option('--limit <rows>', 'how many rows', '100')
    .option('--all', 'without a limit')
    .option('--reverse', 'from the end')
    .option('--keys-only', 'without values')
    .option('--at <timestamp>', 'the snapshot at a timestamp')
    .action(runs(scan))
}

async function put({ namespace, out, options }: Session, key: string, value: string) {
  const version = await namespace.put(out.bytes(key), out.bytes(value), ttlOf(options))
  if (out.json) out.line({ version })
  else out.say(`version ${version}`)
  return EXIT.ok
}

async function get({ namespace, out, options }: Session, key: string) {
  const row = await namespace.get(out.bytes(key), atOf(options))
  if (row === undefined) {
    out.error('not-found', `there is no key ${key}`)
    return EXIT.notFound
  }
  if (options.raw) process.stdout.write(row.value)
  else out.show(rowOf(row), ROW, [columnsOf(row, out, out.whole(row.value))])
  return EXIT.ok
}

async function del({ namespace, out, options }: Session, key: string | undefined) {
  const range = rangeOf(out, options, undefined)
  if ((key === undefined) === (range === undefined)) {
    out.error('invalid', 'give a key, or a range by --prefix, --from or --to')
    return EXIT.refused
  }
  if (range !== undefined) {
    const deleted = await namespace.deleteRange(range)
    if (out.json) out.line({ deleted })
    else out.say(`${deleted} ${deleted === 1 ? 'key' : 'keys'} deleted`)
    return EXIT.ok
  }
  await namespace.delete(out.bytes(key as string))
  if (out.json) out.line({ deleted: true })
  else out.say('deleted')
  return EXIT.ok
}

async function cas(
  { namespace, out, options }: Session,
  key: string,
  expected: string,
  value: string | undefined,
) {
  const version = wholeOf('the version', expected)
  try {
    if (value === undefined) {
      await namespace.casDelete(out.bytes(key), version)
      if (out.json) out.line({ success: true })
      else out.say('deleted')
      return EXIT.ok
    }
    const written = await namespace.cas(out.bytes(key), out.bytes(value), version, ttlOf(options))
    if (out.json) out.line({ success: true, version: written })
    else out.say(`version ${written}`)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof VersionMismatch)) throw error
    if (out.json) out.line({ success: false, current: error.current })
    else out.error(error.reason, `nothing was written: ${error.message}`)
    return EXIT.mismatch
  }
}

async function scan({ namespace, out, options }: Session, prefix: string | undefined) {
  const limit = options.all ? Number.POSITIVE_INFINITY : numberOf('--limit', `${options.limit}`)
  const asked: PageOptions = {
    ...(rangeOf(out, options, prefix) ?? {}),
    ...atOf(options),
    reverse: options.reverse === true,
    keysOnly: options.keysOnly === true,
    limit: Math.min(limit, 1000),
  }
  const rows: Row[] = []
  let count = 0
  let more = false
  for await (const row of namespace.scan(asked)) {
    if (count === limit) {
      more = true
      break
    }
    count++
    if (out.json) out.line(options.keysOnly ? keyOf(row) : rowOf(row))
    else rows.push(row)
  }
  if (!out.json) {
    out.table(
      ROW,
      rows.map((row) => columnsOf(row, out)),
    )
  }
  if (more) note(`there is more: raise --limit, or give --all`)
  return EXIT.ok
}

export const rowOf = ({ key, value, version }: Row): object => ({
  ...field('key', key),
  ...field('value', value),
  version,
})

const keyOf = ({ key, version }: Row): object => ({ ...field('key', key), version })

export const columnsOf = (
  row: Row,
  out: Session['out'],
  value = out.text(row.value),
): readonly unknown[] => [out.text(row.key), value, row.version, dateOf(row.version)]

export function rangeOf(
  out: Session['out'],
  { prefix: named, from, to }: Session['options'],
  given: string | undefined,
): Range | undefined {
  const prefix = given ?? (named as string | undefined)
  if (prefix !== undefined) return { prefix: out.bytes(prefix) }
  if (from === undefined && to === undefined) return undefined
  return {
    ...(from === undefined ? {} : { from: out.bytes(`${from}`) }),
    ...(to === undefined ? {} : { to: out.bytes(`${to}`) }),
  }
}

const ttlOf = ({ ttl }: Session['options']) =>
  ttl === undefined ? {} : { ttlMs: Math.ceil(1000 * numberOf('--ttl', `${ttl}`)) }

const atOf = ({ at }: Session['options']) =>
  at === undefined ? {} : { at: wholeOf('--at', `${at}`) }
