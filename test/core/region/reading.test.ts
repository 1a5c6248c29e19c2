import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { Range } from '../../../src/core/region/descriptor.ts'
import { LockTable } from '../../../src/core/region/lock-table.ts'
import { CollectScan } from '../../../src/core/region/read/collect-scan.ts'
import type { DataQuery } from '../../../src/core/region/read/locks.ts'
import { beginRead, type Moment } from '../../../src/core/region/read/readers.ts'
import type { VersionKind, VersionRow } from '../../../src/core/region/rows.ts'
import {
  type FoundRow,
  type RegionAnswer,
  type Timestamp,
  timestamp,
} from '../../../src/core/region/types.ts'
import { get, scan } from './commands.ts'
import { bytesOf, Disk, textOf } from './region-bed.ts'

const EVERYTHING = { from: EMPTY, to: EMPTY }
const MS = 1n << 16n

/** Versions of few keys at few timestamps, of every kind, some of them expiring. */
const versions: fc.Arbitrary<readonly VersionRow[]> = fc
  .uniqueArray(
    fc.record({
      key: fc.constantFrom('a', 'b', 'b\0', 'c', 'd'),
      at: fc.integer({ min: 1, max: 12 }),
      kind: fc.constantFrom<VersionKind>('put', 'put', 'put', 'delete', 'lock', 'rollback'),
      livesMs: fc.constantFrom(0, 0, 0, 2),
    }),
    { selector: ({ key, at }) => `${key}@${at}`, maxLength: 40 },
  )
  .map((rows) => rows.map(({ key, at, kind, livesMs }) => rowOf(key, at, kind, livesMs)))

function rowOf(key: string, at: number, kind: VersionKind, livesMs: number): VersionRow {
  const commit = timestamp(BigInt(at) * MS)
  return {
    key: bytesOf(key),
    commit,
    start: commit,
    kind,
    overlapped: false,
    decisive: false,
    expiryMs: kind === 'put' && livesMs > 0 ? at + livesMs : 0,
    value: kind === 'put' ? bytesOf(`${key}@${at}`) : EMPTY,
  }
}

function diskOf(rows: readonly VersionRow[]): Disk {
  const disk = new Disk()
  const writes = rows.map((version) => ({ row: 'version' as const, version }))
  const freed = { rows: 0, bytes: 0 }
  disk.write({ type: 'data', version: 1, writes, freed, session: undefined, safePoint: undefined })
  return disk
}

function readerOf(query: DataQuery, range: Range, moment: Moment, locks = new LockTable()) {
  const begun = beginRead(query, range, locks, moment)
  assert.ok(begun.type === 'reader')
  return begun.reader
}

/** With pages of so many rows, whatever the reader would like. */
function answerOf(
  disk: Disk,
  query: DataQuery,
  at: Timestamp,
  pageRows: number,
  range = EVERYTHING,
): RegionAnswer {
  const reader = readerOf(query, range, { at, nowMs: Number(at / MS) })
  for (let pages = 0; !reader.done; pages++) {
    assert.ok(pages < 1000, 'it comes to an end')
    for (const { read, span } of reader.wants()) {
      const { rows, more } = disk.page({ ...span, rows: Math.min(span.rows, pageRows) })
      reader.found(read, rows, more)
    }
  }
  return reader.answer()
}

/** The naive way: of each key the newest put or delete at or below, if it shows something. */
function expected(rows: readonly VersionRow[], at: Timestamp): string[] {
  const found: string[] = []
  for (const key of [...new Set(rows.map((row) => textOf(row.key)))].sort()) {
    const newest = rows
      .filter((row) => textOf(row.key) === key && row.commit <= at)
      .filter(({ kind }) => kind === 'put' || kind === 'delete')
      .sort((a, b) => Number(b.commit - a.commit))[0]
    const alive = newest && (newest.expiryMs === 0 || newest.expiryMs > Number(at / MS))
    if (newest?.kind === 'put' && alive) found.push(textOf(newest.value))
  }
  return found
}

const told = (rows: readonly FoundRow[]): string[] => rows.map(({ value }) => textOf(value))
const moment = fc.integer({ min: 0, max: 13 }).map((at) => timestamp(BigInt(at) * MS))

describe('Readers of a region', () => {
  it('see what is visible, in either direction, whatever the pages, caller by caller', () => {
    const small = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(
        versions,
        moment,
        small,
        small,
        fc.boolean(),
        (rows, at, page, limit, reverse) => {
          const disk = diskOf(rows)
          const all: FoundRow[] = []
          let edge: Uint8Array | undefined
          for (let calls = 0; calls < 20; calls++) {
            const rest = edge === undefined ? {} : reverse ? { to: edge } : { from: edge }
            const answer = answerOf(disk, scan(at, { limit, reverse, ...rest }), at, page)
            assert.ok(answer.op === 'scan')
            assert.ok(answer.rows.length <= limit)
            all.push(...answer.rows)
            edge = answer.next
            if (edge === undefined) break
          }
          assert.equal(edge, undefined)
          assert.deepEqual(told(reverse ? all.reverse() : all), expected(rows, at))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('find single keys in the order asked for', () => {
    fc.assert(
      fc.property(versions, moment, fc.integer({ min: 1, max: 3 }), (rows, at, page) => {
        const disk = diskOf(rows)
        const keys = ['d', 'a', 'nothing', 'b', 'b\0', 'c']
        const answer = answerOf(disk, get(at, ...keys), at, page)
        assert.ok(answer.op === 'get')
        const visible = expected(rows, at)
        const wanted = keys.flatMap((key) => visible.filter((it) => it.startsWith(`${key}@`)))
        assert.deepEqual(told(answer.rows), wanted)
      }),
    )
  })

  it('look up no more keys than fit one answer', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      ...rowOf(`${i}`.padStart(3, '0'), 1, 'put', 0),
      value: new Uint8Array(100_000),
    }))
    const disk = diskOf(rows)
    const at = timestamp(5n * MS)
    let keys = rows.map(({ key }) => textOf(key))
    let found = 0
    for (let calls = 0; keys.length > 0; calls++) {
      assert.ok(calls < 10)
      const answer = answerOf(disk, get(at, ...keys), at, 3)
      assert.ok(answer.op === 'get' && answer.rows.length === answer.looked)
      assert.ok(answer.looked < 50, `${answer.looked} of 100 kB each`)
      found += answer.looked
      keys = keys.slice(answer.looked)
    }
    assert.equal(found, rows.length)
  })

  it('stay within the region where an end is open, and leave out values if asked', () => {
    const disk = diskOf(['a', 'b', 'c'].map((key) => rowOf(key, 1, 'put', 0)))
    const at = timestamp(5n * MS)
    const range = { from: bytesOf('b'), to: bytesOf('c') }
    const answer = answerOf(disk, scan(at, { keysOnly: true }), at, 9, range)
    assert.ok(answer.op === 'scan')
    const version = timestamp(MS)
    assert.deepEqual(answer.rows, [{ key: bytesOf('b'), value: EMPTY, version }])
  })

  it('leap over what is too new or superseded instead of reading it all', () => {
    const rows: VersionRow[] = []
    for (let at = 1; at <= 3000; at++) rows.push(rowOf('a', at, 'put', 0))
    rows.push(rowOf('b', 1, 'put', 0))
    const disk = diskOf(rows)
    const at = timestamp(2n * MS)
    const reader = readerOf(scan(at), EVERYTHING, { at, nowMs: 2 })
    let read = 0
    while (!reader.done) {
      for (const wish of reader.wants()) {
        const page = disk.page({ ...wish.span, rows: 8 })
        read += page.rows.length
        reader.found(wish.read, page.rows, page.more)
      }
    }
    assert.ok(read < 30, `${read} versions read`)
  })

  it('sum a range up alike in any order, and differently when anything differs', () => {
    const at = timestamp(20n * MS)
    const query = { op: 'checksum', ...EVERYTHING, at, passing: [] } as const
    const sum = (rows: readonly VersionRow[]): RegionAnswer => answerOf(diskOf(rows), query, at, 3)
    fc.assert(
      fc.property(versions, (rows) => {
        const answer = sum(rows)
        assert.ok(answer.op === 'checksum' && answer.next === undefined)
        const visible = expected(rows, at)
        assert.equal(answer.rows, visible.length)
        assert.equal(answer.hash === 0n, visible.length === 0)
        const newest = rows.filter((row) => visible.includes(textOf(row.value)))
        assert.deepEqual(sum(newest), answer)
        const [first, ...rest] = newest
        if (first === undefined) return
        const other = { ...first, value: bytesOf(`${textOf(first.value)}!`) }
        for (const changed of [rest, [...rest, other], [...newest, rowOf('z', 1, 'put', 0)]]) {
          const differs = sum(changed)
          assert.ok(differs.op === 'checksum' && differs.hash !== answer.hash)
        }
      }),
    )
  })
})

describe('Collecting versions', () => {
  it('changes nothing that a reader at or above the safe point sees, and leaves nothing else', () => {
    const small = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(versions, moment, small, small, (rows, safePoint, page, limit) => {
        let left = [...rows]
        let from: Uint8Array | undefined = EMPTY
        for (let calls = 0; from !== undefined; calls++) {
          assert.ok(calls < 100, 'it comes to an end')
          const collect: CollectScan = new CollectScan({ from, to: EMPTY }, safePoint, limit)
          const disk = diskOf(left)
          while (!collect.done) {
            const found = disk.page({ ...collect.span(), rows: page })
            collect.add(found.rows, found.more)
          }
          const gone = new Set(collect.drops.map(nameOf))
          assert.equal(collect.freed.rows, gone.size)
          left = left.filter((row) => !gone.has(nameOf(row)))
          for (let at = safePoint; at <= 14n * MS; at = timestamp(at + MS)) {
            assert.deepEqual(expected(left, at), expected(rows, at), 'after each call')
          }
          from = collect.next
        }
        for (const row of left) {
          if (row.commit > safePoint) continue
          const others = left.filter((it) => textOf(it.key) === textOf(row.key) && it !== row)
          assert.ok(
            others.every(({ commit }) => commit > safePoint),
            'one of each key at most',
          )
          assert.equal(row.kind, 'put')
        }
      }),
      { numRuns: 500 },
    )
  })
})

const nameOf = (row: VersionRow): string => `${textOf(row.key)}@${row.commit}`
