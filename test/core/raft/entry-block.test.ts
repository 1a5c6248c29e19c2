import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blockOf, entriesOf } from '../../../src/core/raft/entry-block.ts'
import type { Entry } from '../../../src/core/raft/types.ts'

const body = fc.record({
  term: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  kind: fc.constantFrom('noop' as const, 'data' as const, 'config' as const),
  data: fc.uint8Array({ maxLength: 40 }),
})

test('a block gives back the entries it was made of', () => {
  fc.assert(
    fc.property(fc.array(body), fc.nat(), (bodies, first) => {
      const entries: Entry[] = bodies.map((it, i) => ({ ...it, index: first + i }))
      assert.deepEqual(entriesOf(blockOf(entries), first), entries)
    }),
  )
})

test('bytes that are no block are refused, however they are cut or changed', () => {
  const entry: Entry = { term: 3, index: 7, kind: 'data', data: Uint8Array.of(1, 2, 3) }
  const block = blockOf([entry, { ...entry, index: 8 }])
  const half = block.length / 2
  for (let length = 1; length < block.length; length++) {
    const whole = length === half
    assert.equal(entriesOf(block.subarray(0, length), 7) === undefined, !whole, `${length} bytes`)
  }
  const changed = (at: number, byte: number): Uint8Array => block.slice().fill(byte, at, at + 1)
  assert.equal(entriesOf(changed(0, 0xff), 7), undefined, 'a term beyond 2^53')
  assert.equal(entriesOf(changed(8, 3), 7), undefined, 'an unknown kind')
  assert.equal(entriesOf(changed(9, 0x80), 7), undefined, 'a length beyond the end')
})
