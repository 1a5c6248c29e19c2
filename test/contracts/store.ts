/**
 * The contract of the store port, run over every implementation: memory, classic-level, the simulator's disk.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Bytes, compareBytes } from '../../src/base/bytes.ts'
import type { KeyRange, Page, PageLimit, Row, Store, StoreOp } from '../../src/storage/store.ts'

/** A store to test, and what ends it. */
export interface StoreUnderTest {
  readonly store: Store
  close(): Promise<void>
  /** Ends the store and opens it again; absent where nothing is kept. */
  reopen?(): Promise<StoreUnderTest>
}

const text = (value: string): Bytes => new TextEncoder().encode(value)
const put = (key: string, value: string): StoreOp => ({
  type: 'put',
  key: text(key),
  value: text(value),
})
const del = (key: string): StoreOp => ({ type: 'delete', key: text(key) })
const ALL: KeyRange = { from: text(''), to: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff) }
const ROOMY: PageLimit = { rows: 10_000, bytes: 1 << 30 }

export function commit(store: Store, ops: readonly StoreOp[]): Promise<void> {
  return new Promise((resolve, reject) => {
    store.commit(ops, (error) => (error ? reject(error) : resolve()))
  })
}

export function scan(store: Store, range: KeyRange, limit: PageLimit = ROOMY): Promise<Page> {
  return new Promise((resolve, reject) => {
    store.scan(range, limit, (error, page) => (page ? resolve(page) : reject(error)))
  })
}

function getMany(store: Store, keys: readonly string[]): Promise<readonly (string | undefined)[]> {
  return new Promise((resolve, reject) => {
    store.getMany(keys.map(text), (error, values) =>
      values ? resolve(values.map((value) => value && show(value))) : reject(error),
    )
  })
}

const show = (bytes: Bytes): string => new TextDecoder().decode(bytes)
const shown = (rows: readonly Row[]): string[] =>
  rows.map(([key, value]) => `${show(key)}=${show(value)}`)

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    const over = (body: (under: StoreUnderTest) => Promise<void>) => async () => {
      const under = await open()
      try {
        await body(under)
      } finally {
        await under.close()
      }
    }

    it(
      'reads what a batch wrote, and nothing else',
      over(async ({ store }) => {
        await commit(store, [put('a', '1'), put('b', '2'), del('c')])
        assert.equal(show(store.get(text('a'))!), '1')
        assert.equal(store.get(text('c')), undefined)
        assert.deepEqual(await getMany(store, ['b', 'missing', 'a']), ['2', undefined, '1'])
      }),
    )

    it(
      'applies the operations of a batch in order',
      over(async ({ store }) => {
        await commit(store, [put('a', '1'), del('a'), put('b', '1'), put('b', '2')])
        assert.deepEqual(shown((await scan(store, ALL)).rows), ['b=2'])
      }),
    )

    it(
      'accepts an empty batch',
      over(async ({ store }) => {
        await commit(store, [])
        assert.deepEqual((await scan(store, ALL)).rows, [])
      }),
    )

    it(
      'keeps an empty value apart from an absent one',
      over(async ({ store }) => {
        await commit(store, [put('empty', '')])
        assert.equal(store.get(text('empty'))?.length, 0)
        assert.equal(store.get(text('absent')), undefined)
      }),
    )

    it(
      'scans in byte order, from inclusive, to exclusive',
      over(async ({ store }) => {
        const keys = [
          Uint8Array.of(0),
          Uint8Array.of(0, 0),
          Uint8Array.of(1),
          Uint8Array.of(0x7f),
          Uint8Array.of(0x80),
          Uint8Array.of(0xfe),
        ]
        await commit(
          store,
          [...keys].reverse().map((key) => ({ type: 'put', key, value: key })),
        )
        const page = await scan(store, { from: Uint8Array.of(0, 0), to: Uint8Array.of(0xfe) })
        assert.deepEqual(
          page.rows.map(([key]) => [...key]),
          keys.slice(1, 5).map((key) => [...key]),
        )
        assert.equal(page.more, false)
      }),
    )

    it(
      'scans backwards',
      over(async ({ store }) => {
        await commit(store, [put('a', '1'), put('b', '2'), put('c', '3'), put('d', '4')])
        const range = { from: text('b'), to: text('d'), reverse: true }
        assert.deepEqual(shown((await scan(store, range)).rows), ['c=3', 'b=2'])
        const first = await scan(store, range, { rows: 1, bytes: 1000 })
        assert.deepEqual([shown(first.rows), first.more], [['c=3'], true])
      }),
    )

    it(
      'says whether a range goes on behind a page',
      over(async ({ store }) => {
        await commit(store, [put('a', '1'), put('b', '2'), put('c', '3')])
        const two = await scan(store, ALL, { rows: 2, bytes: 1000 })
        assert.deepEqual([shown(two.rows), two.more], [['a=1', 'b=2'], true])
        const three = await scan(store, ALL, { rows: 3, bytes: 1000 })
        assert.deepEqual([three.rows.length, three.more], [3, false])
      }),
    )

    it(
      'ends a page at its bytes, but gives at least one row',
      over(async ({ store }) => {
        await commit(store, [put('a', 'x'.repeat(100)), put('b', 'y'.repeat(100))])
        const page = await scan(store, ALL, { rows: 10, bytes: 50 })
        assert.deepEqual([page.rows.length, page.more], [1, true])
      }),
    )

    it(
      'lands batches in the order they were committed',
      over(async ({ store }) => {
        const landed: number[] = []
        for (let i = 0; i < 50; i++) {
          await commit(store, [put('last', String(i))]).then(() => landed.push(i))
        }
        assert.deepEqual(
          landed,
          [...landed].sort((a, b) => a - b),
        )
        assert.equal(show(store.get(text('last'))!), '49')
      }),
    )

    it(
      'copies what it is given: a buffer may be reused after the batch landed',
      over(async ({ store }) => {
        const pool = text('key-value')
        await commit(store, [{ type: 'put', key: pool.subarray(0, 3), value: pool.subarray(4) }])
        pool.fill(0)
        assert.deepEqual(shown((await scan(store, ALL)).rows), ['key=value'])
      }),
    )

    it(
      'compacts without losing anything',
      over(async ({ store }) => {
        await commit(store, [put('a', '1'), put('b', '2')])
        await commit(store, [del('a')])
        await new Promise<void>((resolve, reject) => {
          store.compact(ALL, (error) => (error ? reject(error) : resolve()))
        })
        assert.deepEqual(shown((await scan(store, ALL)).rows), ['b=2'])
      }),
    )

    it(
      'reports free space',
      over(async ({ store }) => {
        assert.ok(store.stats().freeBytes > 0)
      }),
    )

    it(
      'agrees with a plain map under random batches',
      over(async ({ store }) => {
        const key = fc.uint8Array({ minLength: 1, maxLength: 3 })
        const op = fc.oneof(
          fc.record({
            type: fc.constant('put' as const),
            key,
            value: fc.uint8Array({ maxLength: 4 }),
          }),
          fc.record({ type: fc.constant('delete' as const), key }),
        )
        const model = new Map<string, Row>()
        const rounds = fc.array(fc.array(op, { maxLength: 20 }), { maxLength: 10 })
        await fc.assert(
          fc.asyncProperty(rounds, async (batches) => {
            for (const batch of batches) {
              await commit(store, batch)
              for (const each of batch) {
                const name = each.key.join()
                if (each.type === 'put') model.set(name, [each.key, each.value])
                else model.delete(name)
              }
            }
            const expected = [...model.values()].sort(([a], [b]) => compareBytes(a, b))
            const found = (await scan(store, ALL)).rows
            assert.deepEqual(found.map(plain), expected.map(plain))
          }),
          { numRuns: 30 },
        )
      }),
    )

    it('holds every landed batch after it was opened again', async (t) => {
      let under = await open()
      try {
        if (under.reopen === undefined) return t.diagnostic('keeps nothing: not asked')
        await commit(under.store, [put('kept', '1'), put('gone', '2')])
        await commit(under.store, [del('gone')])
        under = await under.reopen()
        assert.deepEqual(shown((await scan(under.store, ALL)).rows), ['kept=1'])
      } finally {
        await under.close()
      }
    })
  })
}

const plain = ([key, value]: Row): number[][] => [[...key], [...value]]
