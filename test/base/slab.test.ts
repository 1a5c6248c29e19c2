import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slab } from '../../src/base/slab.ts'

test('byte strings of a slab are zeroes, of their length, and never overlap', () => {
  const slab = new Slab()
  const taken = Array.from({ length: 500 }, (_, i) => slab.take(i * 7))
  for (const [i, bytes] of taken.entries()) {
    assert.equal(bytes.length, i * 7)
    assert.ok(bytes.every((byte) => byte === 0))
    bytes.fill((i % 255) + 1)
  }
  for (const [i, bytes] of taken.entries()) assert.ok(bytes.every((byte) => byte === (i % 255) + 1))
})

test('short ones share a buffer, a long one has its own', () => {
  const slab = new Slab()
  const first = slab.take(10)
  assert.equal(slab.take(10).buffer, first.buffer)
  assert.equal(slab.take(100_000).buffer.byteLength, 100_000)
})
