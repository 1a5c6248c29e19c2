/** A shard's way to disk: what lands together, in which order, and what reads see meanwhile. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRing } from '../../src/runtime/batch-ring.ts'
import { DiskQueue, type Landing } from '../../src/runtime/disk-queue.ts'
import { keyName } from '../../src/runtime/key-name.ts'
import { fetchThrough, readThrough, scanThrough } from '../../src/runtime/reads.ts'
import { BATCH_RING } from '../../src/storage/batch-ring.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import type { Page, StoreOp } from '../../src/storage/store.ts'
import { SlowStore } from './support/slow-store.ts'
import { put, text, wordOf } from './support/toys.ts'

const BATCH_BYTES = 1000

function queueOver(store: SlowStore, landed: () => void = () => {}): DiskQueue {
  return new DiskQueue({
    store,
    shard: 1,
    ring: BATCH_RING,
    lastBatch: 0,
    batchBytes: BATCH_BYTES,
    lazyBytes: BATCH_BYTES,
    stopwatchUs: () => 0,
    landed,
    failed: (reason) => assert.fail(reason),
  })
}

/** The keys of each commit, without the ring's record. */
const keysOf = (store: SlowStore): string[][] =>
  store.commits.map((ops) => ops.slice(0, -1).map((op) => wordOf(op.key) ?? ''))

const big = (key: string, bytes: number): StoreOp => put(key, 'x'.repeat(bytes))

test('R-8 a landing says what the batch held and how long it took to be on disk', () => {
  const store = new SlowStore()
  let nowUs = 100
  const landings: Landing[] = []
  const queue = new DiskQueue({
    store,
    shard: 1,
    ring: BATCH_RING,
    lastBatch: 4,
    batchBytes: BATCH_BYTES,
    lazyBytes: BATCH_BYTES,
    stopwatchUs: () => nowUs,
    landed: (landing) => landings.push(landing),
    failed: (reason) => assert.fail(reason),
  })
  queue.write([put('a', '1')], false, 1)
  nowUs = 200
  queue.pump()
  nowUs = 950
  store.answer()
  const [{ batch, ops, tookUs } = {}] = landings
  assert.deepEqual([batch, ops, tookUs], [5, 2, 750])
})

test('R-8 one batch is in flight at a time, and the next takes all that came meanwhile', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([put('a', '1')], false, 1)
  queue.pump()
  queue.write([put('b', '2')], false, 2)
  queue.write([put('c', '3')], false, 3)
  queue.pump()
  assert.deepEqual(keysOf(store), [['a']])
  store.answer()
  queue.pump()
  assert.deepEqual(keysOf(store), [['a'], ['b', 'c']])
})

test('R-8 a batch keeps to its bound, but one receive lands whole however large', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([big('a', 400)], false, 1)
  queue.write([big('b', 400)], false, 2)
  queue.write([big('c', 900)], false, 3)
  queue.write([big('d', 900)], false, 3)
  queue.pump()
  store.answer()
  queue.pump()
  assert.deepEqual(keysOf(store), [
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('R-8 urgent writes come before lazy ones, and lazy ones go by what is left', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([big('lazy1', 300)], true, 1)
  queue.write([big('lazy2', 300)], true, 2)
  queue.write([big('urgent', 500)], false, 3)
  queue.pump()
  assert.deepEqual(keysOf(store), [['lazy1', 'urgent']])
})

test('R-9 lazy writes force no batch until they weigh one, or are told to go', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([put('a', '1')], true, 1)
  queue.pump()
  assert.equal(store.commits.length, 0)
  queue.write([big('b', 1000)], true, 2)
  queue.pump()
  assert.deepEqual(keysOf(store), [['a']])
  store.answer()
  queue.pump()
  assert.deepEqual(keysOf(store), [['a'], ['b']])
  store.answer()
  queue.write([put('c', '3')], true, 3)
  queue.flush()
  queue.pump()
  assert.deepEqual(keysOf(store).at(-1), ['c'])
  store.answer()
  assert.ok(queue.idle)
})

test('R-9 an urgent write takes an older lazy one of its key out that it overtakes', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([put('k', 'old'), big('other', 800)], true, 1)
  queue.write([big('k', 500)], false, 2)
  queue.pump()
  assert.deepEqual(keysOf(store), [['k']])
  store.answer()
  queue.flush()
  queue.pump()
  assert.deepEqual(keysOf(store), [['k'], ['other']])
  store.answer()
  assert.equal(wordOf(store.get(text('k')))?.length, 500)
})

test('R-9 within a batch an urgent write stands behind an older lazy one of its key', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([put('k', 'first')], false, 1)
  queue.write([put('k', 'old'), put('other', '1')], true, 1)
  queue.write([put('k', 'new')], false, 1)
  queue.pump()
  assert.equal(store.commits.length, 1)
  store.answer()
  assert.equal(wordOf(store.get(text('k'))), 'new')
})

test('R-9 lazy writes under pressure go even where urgent ones fill every batch', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([big('lazy', 1000)], true, 1)
  for (let i = 0; i < 3; i++) queue.write([big(`u${i}`, 700)], false, 2 + i)
  queue.pump()
  assert.deepEqual(keysOf(store), [['lazy', 'u0']])
})

test('R-13 a sequence number has landed when every write up to it has', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  const lazy = queue.write([put('a', '1')], true, 1)
  const urgent = queue.write([big('b', 900)], false, 1)
  const later = queue.write([big('c', 900)], false, 2)
  queue.pump()
  assert.equal(queue.hasLanded(urgent), false)
  store.answer()
  assert.equal(queue.landedUrgent, urgent)
  // The lazy one had room beside the first.
  assert.equal(queue.hasLanded(urgent), true)
  assert.ok(lazy < urgent)
  assert.equal(queue.hasLanded(later), false)
})

test('R-8 every batch signs itself, and a start sees the batch that is missing', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  for (let i = 0; i < 20; i++) {
    queue.write([put(`k${i}`, '1')], false, i)
    queue.pump()
    store.answer()
  }
  assert.deepEqual(readRing(BATCH_RING, store, 1), { ok: true, last: 20 })
  assert.deepEqual(readRing(BATCH_RING, store, 2), { ok: true, last: 0 })
  store.commit([{ type: 'delete', key: BATCH_RING.key(1, 18 % BATCH_RING.slots) }], () => {})
  store.answer()
  assert.deepEqual(readRing(BATCH_RING, store, 1), {
    ok: false,
    gap: 'batch 18 is not on disk, but batch 20 is',
  })
})

test('R-8 a ring record that rotted is a gap', () => {
  const store = new SlowStore()
  const queue = queueOver(store)
  queue.write([put('a', '1')], false, 1)
  queue.pump()
  store.answer()
  store.commit([{ type: 'put', key: BATCH_RING.key(1, 1), value: text('junk!!!') }], () => {})
  store.answer()
  const state = readRing(BATCH_RING, store, 1)
  assert.match(state.ok ? '' : state.gap, /^batch ring slot 1: corrupt record/)
})

const KEYS = ['ka', 'kb', 'kc', 'kd', 'ke', 'kf']
const write = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.option(fc.stringMatching(/^[a-z]{1,3}$/), { nil: undefined }),
  lazy: fc.boolean(),
  /** Two of these fill a batch. */
  padding: fc.constantFrom(0, 0, 500),
})
const step = fc.oneof(
  { weight: 3, arbitrary: fc.array(write, { minLength: 1, maxLength: 4 }) },
  fc.constant('pump' as const),
  fc.constant('answer' as const),
  fc.constant('flush' as const),
)

/** The whole range in pages of `rows`, as an actor would read it. */
function scanAll(queue: DiskQueue, store: SlowStore, rows: number, reverse: boolean): string[] {
  const found: string[] = []
  let range = { from: text('k'), to: text('l'), reverse }
  for (let pages = 0; pages < 20; pages++) {
    let page: Page | undefined
    scanThrough(queue.overlay, store, range, { rows, bytes: 1000 }, (_, got) => {
      page = got
    })
    while (page === undefined) store.answer()
    found.push(...page.rows.map(([key, value]) => `${wordOf(key)}=${wordOf(value)}`))
    if (!page.more) return found
    const last = page.rows.at(-1)
    assert.ok(last !== undefined, 'a page that goes on names its place')
    const from = reverse ? range.from : text(`${wordOf(last[0])}\0`)
    range = reverse ? { ...range, to: last[0] } : { ...range, from }
  }
  return assert.fail('a scan never ended')
}

test('R-10 reads, fetches and scans see what a plain map would hold, whatever has landed', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      (steps, rows, reverse) => {
        const store = new SlowStore()
        const queue = queueOver(store)
        const model = new Map<string, string>()
        let receive = 0
        for (const it of steps) {
          if (it === 'pump') queue.pump()
          else if (it === 'answer') store.answer()
          else if (it === 'flush') queue.flush()
          else {
            receive++
            for (const { key, value: word, lazy, padding } of it) {
              const value = word === undefined ? word : word.padEnd(padding, '.')
              const op =
                value === undefined
                  ? ({ type: 'delete', key: text(key) } as const)
                  : put(key, value)
              queue.write([op], lazy, receive)
              if (value === undefined) model.delete(key)
              else model.set(key, value)
            }
          }
          for (const key of KEYS) {
            assert.equal(wordOf(readThrough(queue.overlay, store, text(key))), model.get(key))
          }
        }
        const expected = [...model]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([k, v]) => `${k}=${v}`)
        if (reverse) expected.reverse()
        assert.deepEqual(scanAll(queue, store, rows, reverse), expected)
        let fetched: (string | undefined)[] | undefined
        fetchThrough(queue.overlay, store, KEYS.map(text), (_, values) => {
          fetched = values?.map(wordOf)
        })
        while (fetched === undefined) store.answer()
        assert.deepEqual(
          fetched,
          KEYS.map((key) => model.get(key)),
        )
        // In the end the disk holds the same.
        while (!queue.idle) {
          queue.flush()
          queue.pump()
          store.answer()
        }
        assert.equal(queue.overlay.size, 0)
        for (const key of KEYS) assert.equal(wordOf(store.get(text(key))), model.get(key))
      },
    ),
    { numRuns: 300 },
  )
})

test('R-10 a page skips rows that are all deleted above the disk', async () => {
  const store = new SlowStore()
  store.commit(
    KEYS.map((key) => put(key, '1')),
    () => {},
  )
  store.answer()
  const queue = queueOver(store)
  queue.write(
    KEYS.slice(0, 5).map((key) => ({ type: 'delete', key: text(key) })),
    false,
    1,
  )
  assert.deepEqual(scanAll(queue, store, 2, false), ['kf=1'])
})

test('key names sort as bytes do', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
      const [x, y] = [keyName(a), keyName(b)]
      assert.equal(Math.sign(Buffer.compare(a, b)), x < y ? -1 : x > y ? 1 : 0)
    }),
  )
})

test('R-11 a batch that fails is reported with its number and shard', () => {
  const store = new MemoryStore()
  store.commit = (_ops, done) => done(new Error('the disk is full'))
  let reason = ''
  const queue = new DiskQueue({
    store,
    shard: 2,
    ring: BATCH_RING,
    lastBatch: 41,
    batchBytes: BATCH_BYTES,
    lazyBytes: BATCH_BYTES,
    stopwatchUs: () => 0,
    landed: () => assert.fail('it did not land'),
    failed: (why) => {
      reason = why
    },
  })
  queue.write([put('a', '1')], false, 1)
  queue.pump()
  assert.equal(reason, 'batch 42 of shard 2: the disk is full')
})
