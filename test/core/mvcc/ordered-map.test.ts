import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderedMap } from '../../../src/core/mvcc/ordered-map.ts'

function walked(map: OrderedMap<number>, from: string, to: string | undefined): string[] {
  const keys: string[] = []
  assert.equal(
    map.walk(from, to, (key) => keys.push(key) > 0),
    true,
  )
  return keys
}

test('ORDERED-I1, -I2 hold through any insertions and deletions, and walks see them all in order', () => {
  const key = fc.nat(3000).map((n) => n.toString(36))
  const step = fc.tuple(fc.boolean(), key)
  const steps = fc.array(step, { minLength: 500, maxLength: 2000 })
  fc.assert(
    fc.property(steps, key, key, (all, from, to) => {
      const map = new OrderedMap<number>()
      const model = new Map<string, number>()
      for (const [i, [add, each]] of all.entries()) {
        if (add && !model.has(each)) {
          map.add(each, i)
          model.set(each, i)
        } else if (!add) {
          assert.equal(map.delete(each), model.delete(each))
        }
      }
      map.audit()
      const sorted = [...model.keys()].sort()
      assert.equal(map.size, sorted.length)
      assert.deepEqual(walked(map, '', undefined), sorted)
      assert.deepEqual(
        walked(map, from, to),
        sorted.filter((k) => k >= from && k < to),
      )
      for (const k of [from, to, ...sorted.slice(0, 5)]) assert.equal(map.get(k), model.get(k))
    }),
    { numRuns: 30 },
  )
})

test('keys in ascending order leave chunks nearly full, and deleting them all leaves nothing', () => {
  const map = new OrderedMap<number>()
  const key = (i: number) => String(i).padStart(6, '0')
  for (let i = 0; i < 5000; i++) map.add(key(i), i)
  map.audit()
  for (let i = 4999; i >= 0; i -= 2) map.delete(key(i))
  map.audit()
  for (let i = 0; i < 5000; i += 2) map.delete(key(i))
  map.audit()
  assert.equal(map.size, 0)
  assert.deepEqual(walked(map, '', undefined), [])
})

test('a walk stops where it is told to', () => {
  const map = new OrderedMap<number>()
  for (const key of ['a', 'b', 'c']) map.add(key, 1)
  const seen: string[] = []
  const ended = map.walk('a', undefined, (key) => seen.push(key) < 2)
  assert.deepEqual([ended, seen], [false, ['a', 'b']])
})
