import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyHistory } from '../../../src/core/mvcc/key-history.ts'
import { spanContains, spanIsEmpty, spanOf } from '../../../src/core/mvcc/key-span.ts'
import { keyBytes, keyText } from '../../../src/core/mvcc/key-text.ts'

function history(): KeyHistory {
  const known = new KeyHistory()
  known.push(2, 0, 2, 1)
  known.push(5, 1, 2, 2)
  known.push(7, 0, 0, 0)
  known.push(9, 3, 9, 1)
  return known
}

test('a read sees the newest version at or below its revision', () => {
  const known = history()
  const seen = [1, 2, 4, 5, 7, 8, 9, 99].map((r) => {
    const slot = known.slotAt(r)
    return slot < 0 ? 0 : known.mainAt(slot)
  })
  assert.deepEqual(seen, [0, 2, 2, 5, 7, 7, 9, 9])
})

test('which pair a version replaced: the one before it in the same life', () => {
  const known = history()
  const replaced = [
    [2, 0],
    [5, 1],
    [7, 0],
    [9, 3],
  ].map(([main, sub]) => known.replacedBy({ main: main as number, sub: sub as number }))
  assert.deepEqual(replaced, [0, 2, 5, 0])
  known.forget(1)
  assert.equal(known.replacedBy({ main: 5, sub: 1 }), 0)
})

test('what a floor makes dead: all but what it sees, and a tombstone below it too', () => {
  const known = history()
  assert.deepEqual(
    [1, 2, 4, 5, 7, 8, 9, 12].map((floor) => known.deadAt(floor)),
    [0, 0, 0, 1, 2, 3, 3, 3],
  )
  known.forget(3)
  assert.deepEqual([known.slots, known.main, known.version], [1, 9, 1])
  assert.throws(() => known.forget(1))
})

test('HISTORY-I1 versions only go up', () => {
  const known = history()
  assert.throws(() => known.push(9, 3, 9, 2))
  assert.throws(() => known.push(8, 0, 9, 2))
})

test('texts keep bytes and their order, also of very long keys', () => {
  const all = Uint8Array.from({ length: 10_000 }, (_, i) => i & 0xff)
  assert.deepEqual(keyBytes(keyText(all)), all)
  assert(keyText(Uint8Array.of(0x7f)) < keyText(Uint8Array.of(0x80)))
  assert(keyText(Uint8Array.of(1)) < keyText(Uint8Array.of(1, 0)))
})

test('K1 spans of keys', () => {
  const span = (key: string, end: string) => {
    const bytes = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0))
    return spanOf(bytes(key), bytes(end))
  }
  assert.equal(spanContains(span('a', ''), 'a'), true)
  assert.equal(spanContains(span('a', ''), 'a\0'), false)
  assert.equal(spanContains(span('a', '\0'), '\xff\xff'), true)
  assert.equal(spanContains(span('a', 'c'), 'c'), false)
  assert.equal(spanIsEmpty(span('a', 'a')), true)
  assert.equal(spanIsEmpty(span('a', '\0')), false)
  assert.equal(spanIsEmpty(span('a', '')), false)
})
