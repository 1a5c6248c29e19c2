import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareBytes, putUint64 } from '../../../src/base/bytes.ts'
import { SplitSample } from '../../../src/core/region/split-sample.ts'

const keyOf = (at: number): Uint8Array => {
  const key = new Uint8Array(8)
  putUint64(key, 0, at)
  return key
}

describe('A sample of what a region holds', () => {
  it('cuts it into parts of like size, between keys, never at the first', () => {
    const rowsOfKeys = fc.array(
      fc.record({
        versions: fc.integer({ min: 1, max: 4 }),
        bytes: fc.integer({ min: 40, max: 400 }),
      }),
      { minLength: 1, maxLength: 4000 },
    )
    fc.assert(
      fc.property(rowsOfKeys, fc.integer({ min: 2, max: 6 }), (keys, parts) => {
        const sample = new SplitSample()
        for (const [at, { versions, bytes }] of keys.entries()) {
          for (let i = 0; i < versions; i++) sample.add(keyOf(at), bytes)
        }
        const cuts = sample.cuts(parts)
        let previous = keyOf(0)
        for (const key of cuts.keys) {
          assert.ok(compareBytes(key, previous) > 0, 'keys ascend from behind the first')
          previous = key
        }
        const total = sample.size.bytes
        if (total < 100_000) return
        assert.equal(cuts.keys.length, parts - 1)
        for (const { bytes } of cuts.sizes) {
          assert.ok(Math.abs(bytes - total / parts) < total * 0.05, `${bytes} of ${total}`)
        }
        assert.deepEqual(sample.sizesAt(cuts.keys), cuts.sizes)
      }),
      { numRuns: 60 },
    )
  })

  it('finds nowhere to cut one key with many versions', () => {
    const sample = new SplitSample()
    for (let i = 0; i < 10_000; i++) sample.add(keyOf(5), 1000)
    assert.deepEqual(sample.cuts(4), { keys: [], sizes: [] })
  })

  it('stays small over a long range', () => {
    const sample = new SplitSample()
    for (let i = 0; i < 200_000; i++) sample.add(keyOf(i), 5000)
    const { keys } = sample.cuts(2)
    const middle = keys[0]
    assert.ok(middle !== undefined)
    assert.ok(compareBytes(middle, keyOf(99_000)) > 0 && compareBytes(middle, keyOf(101_000)) < 0)
  })
})
