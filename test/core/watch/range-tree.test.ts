import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RangeTree } from '../../../src/core/watch/range-tree.ts'

test('RANGE-TREE-I1..I3: it names exactly the spans that contain a key', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 })
  const to = fc.option(key, { nil: undefined, freq: 5 })
  const step = fc.tuple(fc.nat(3), key, to, fc.nat(2))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), fc.array(key), (steps, keys) => {
      const tree = new RangeTree<string>()
      const model = new Map<string, readonly [string, string | undefined]>()
      for (const [what, from, end, n] of steps) {
        const span = { from, to: end, single: false }
        const item = `${from}..${end ?? 'end'}#${n}`
        if (what > 0) tree.add(span, item)
        else tree.delete(span, item)
        if (what > 0) model.set(item, [from, end])
        else model.delete(item)
        tree.audit()
        assert.equal(tree.size, model.size)
      }
      for (const each of keys) {
        const found: string[] = []
        tree.visit(each, (item) => found.push(item))
        const expected = [...model]
          .filter(([, [from, end]]) => each >= from && (end === undefined || each < end))
          .map(([item]) => item)
        assert.deepEqual(found.sort(), expected.sort())
      }
    }),
    { numRuns: 200 },
  )
})
