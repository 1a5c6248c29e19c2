import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { VersionRow } from '../../../src/core/region/rows.ts'
import { NEVER } from '../../../src/core/region/timestamps.ts'
import type { Timestamp } from '../../../src/core/region/types.ts'
import { type Txn, World } from './history-world.ts'
import { textOf } from './region-bed.ts'

/** What a reader at a timestamp must see, from all versions there are. */
function visible(
  versions: readonly VersionRow[],
  keys: readonly string[],
  at: Timestamp,
): string[] {
  return keys.flatMap((key) => {
    const newest = versions
      .filter((row) => textOf(row.key) === key && row.commit <= at)
      .filter(({ kind }) => kind === 'put' || kind === 'delete')
      .sort((a, b) => Number(b.commit - a.commit))[0]
    return newest?.kind === 'put' ? [`${key}=${textOf(newest.value)}@${newest.commit}`] : []
  })
}

function checkReads(world: World, versions: readonly VersionRow[]): void {
  for (const { at, keys, rows } of world.seen) {
    const told = rows.map((row) => `${textOf(row.key)}=${textOf(row.value)}@${row.version}`)
    assert.deepEqual(told, visible(versions, keys, at), `what was read at ${at} was so`)
  }
}

function checkWrites(world: World, versions: readonly VersionRow[]): void {
  for (const { key, value, version, expected } of world.acked) {
    const row = versions.find((it) => textOf(it.key) === key && it.commit === version)
    assert.equal(row && textOf(row.value), value, `${key}@${version} was acknowledged`)
    if (expected === undefined) continue
    const [before] = visible(versions, [key], (version - 1n) as Timestamp)
    const found = before === undefined ? NEVER : BigInt(before.slice(before.indexOf('@') + 1))
    assert.equal(found, expected, `${key}@${version} came straight after what it expected`)
  }
}

function checkTxns(world: World, versions: readonly VersionRow[]): void {
  const written = (txn: Txn): VersionRow[] =>
    versions.filter((row) => row.start === txn.start && row.commit !== txn.start)
  const ended: { txn: Txn; at: Timestamp }[] = []
  for (const txn of world.txns) {
    const rows = written(txn)
    const keys = rows.map(({ key }) => textOf(key)).sort()
    if (txn.known === 'rolled-back') assert.deepEqual(keys, [], `${txn.start} was rolled back`)
    if (txn.known === 'committed') assert.deepEqual(keys, [...txn.keys].sort(), 'all of it')
    if (rows[0] === undefined) continue
    assert.deepEqual(keys, [...txn.keys].sort(), `${txn.start} is there in full or not at all`)
    const at = rows[0].commit
    assert.ok(
      rows.every((row) => row.commit === at),
      'at one timestamp',
    )
    if (txn.committed !== undefined) assert.equal(at, txn.committed)
    ended.push({ txn, at })
    for (const [key, value] of txn.seen) {
      const [before] = visible(versions, [key], txn.start)
      const found = before?.slice(before.indexOf('=') + 1, before.lastIndexOf('@'))
      assert.equal(value, found, `${txn.start} read its snapshot of ${key}`)
    }
    for (const row of versions) {
      if (row.start === txn.start || row.kind === 'rollback') continue
      const between = row.commit > txn.start && row.commit < at
      const clash = between && txn.keys.includes(textOf(row.key))
      assert.equal(
        clash,
        false,
        `${txn.start}..${at} overwrote ${textOf(row.key)}@${row.commit} unseen`,
      )
    }
  }
}

describe('Histories', () => {
  it('of swaps, transactions and readers agree with what is on disk', () => {
    let committed = 0
    let reads = 0
    const ends = { committed: 0, aborted: 0, undetermined: 0 }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const world = new World(seed)
        world.run(400)
        const versions = world.disk.versions()
        checkReads(world, versions)
        checkWrites(world, versions)
        checkTxns(world, versions)
        committed += world.txns.filter(({ known }) => known === 'committed').length
        reads += world.seen.length
        for (const type of ['committed', 'aborted', 'undetermined'] as const) {
          ends[type] += world.ends[type]
        }
      }),
      { numRuns: 150 },
    )
    assert.ok(committed > 300 && reads > 300, `${committed} transactions, ${reads} reads: too few`)
    assert.ok(ends.committed > 100 && ends.aborted > 30 && ends.undetermined > 3, inspect(ends))
  })
})
