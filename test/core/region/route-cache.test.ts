/** A router's memory of regions: newer epochs win, nothing overlaps, the number is bounded. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Bytes, compareBytes } from '../../../src/base/bytes.ts'
import { nodeName } from '../../../src/base/ids.ts'
import { RouteCache } from '../../../src/core/region/route-cache.ts'
import { namespaceId, type RoutedRegion, regionId } from '../../../src/core/region/types.ts'

const NS = namespaceId(1)
const [n1, n2] = [nodeName('n1'), nodeName('n2')]
const key = (text: string): Bytes => new TextEncoder().encode(text)

function region(id: number, from: string, to: string, version: number, confVer = 1): RoutedRegion {
  const epoch = { version, confVer }
  const range = { from: key(from), to: key(to) }
  return {
    descriptor: { id: regionId(id), namespace: NS, ...range, epoch, peers: [] },
    leader: n1,
  }
}

const idAt = (cache: RouteCache, text: string) => cache.at(NS, key(text))?.descriptor.id
const idBelow = (cache: RouteCache, text: string) => cache.below(NS, key(text))?.descriptor.id

test('finds the region of a key, and the one right below a key', () => {
  const cache = new RouteCache(10)
  for (const one of [region(1, '', 'g', 2), region(2, 'g', 'p', 2), region(3, 'p', '', 2)]) {
    assert.equal(cache.learn(one), true)
  }
  assert.deepEqual([idAt(cache, ''), idAt(cache, 'g'), idAt(cache, 'z')], [1, 2, 3])
  assert.deepEqual([idBelow(cache, 'g'), idBelow(cache, 'h'), idBelow(cache, '')], [1, 2, 3])
  cache.forget(regionId(2))
  assert.deepEqual([idAt(cache, 'h'), idBelow(cache, 'p')], [undefined, undefined])
  assert.deepEqual([idAt(cache, 'a'), idBelow(cache, 'g')], [1, 1])
  assert.equal(cache.at(namespaceId(2), key('a')), undefined)
  cache.forgetNamespace(NS)
  assert.equal(cache.size, 0)
})

test('a split’s parts put its old range aside; the old range never comes back', () => {
  const cache = new RouteCache(10)
  cache.learn(region(1, '', '', 1))
  cache.learn(region(2, '', 'm', 2))
  assert.deepEqual([idAt(cache, 'a'), idAt(cache, 'x')], [2, undefined])
  assert.equal(cache.learn(region(1, '', '', 1)), false)
  cache.learn(region(1, 'm', '', 2))
  assert.deepEqual([idAt(cache, 'a'), idAt(cache, 'x')], [2, 1])
  assert.equal(cache.size, 2)
})

test('each number of an epoch is compared by itself', () => {
  const cache = new RouteCache(10)
  cache.learn(region(1, '', '', 3, 5))
  assert.equal(cache.learn(region(1, '', '', 4, 4)), false)
  assert.equal(cache.learn(region(1, '', '', 2, 6)), false)
  assert.equal(cache.learn(region(1, '', '', 3, 6)), true)
})

test('a leader is learned, doubted, and kept where news do not name one', () => {
  const cache = new RouteCache(10)
  cache.learn(region(1, '', '', 1))
  cache.leads(regionId(1), n2)
  cache.learn({ ...region(1, '', '', 1, 2), leader: undefined })
  assert.equal(cache.get(regionId(1))?.leader, n2)
  cache.leads(regionId(1), undefined)
  assert.equal(cache.at(NS, key('a'))?.leader, undefined)
  cache.leads(regionId(7), n1)
})

test('what was learned longest ago is forgotten first', () => {
  const cache = new RouteCache(2)
  cache.learn(region(1, '', 'b', 1))
  cache.learn(region(2, 'b', 'c', 1))
  cache.learn(region(1, '', 'b', 1, 2))
  cache.learn(region(3, 'c', '', 1))
  assert.deepEqual([idAt(cache, 'a'), idAt(cache, 'b'), idAt(cache, 'c')], [1, undefined, 3])
})

test('in whatever order the news of splits come, the newest known wins and nothing overlaps', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 })
  const orders = fc.array(fc.nat(), { maxLength: 40 })
  fc.assert(
    fc.property(cuts, orders, (at, order) => {
      const history = splits(at)
      const cache = new RouteCache(100)
      for (const pick of order) cache.learn(history[pick % history.length] as RoutedRegion)
      assertDisjoint(cache, history)
      const newest = new Map(history.map((one) => [one.descriptor.id, one]))
      for (const one of newest.values()) cache.learn(one)
      for (const { descriptor } of newest.values()) {
        assert.equal(cache.at(NS, descriptor.from)?.descriptor, descriptor)
      }
    }),
  )
})

/** Every descriptor there ever was while one region was cut at these places, in the order they came to be. */
function splits(cuts: readonly number[]): RoutedRegion[] {
  const text = (cut: number | undefined) => (cut === undefined ? '' : String(cut).padStart(3, '0'))
  let regions = [
    {
      id: 1,
      from: undefined as number | undefined,
      to: undefined as number | undefined,
      version: 1,
    },
  ]
  const history = [region(1, '', '', 1)]
  for (const [i, cut] of cuts.entries()) {
    const parent = regions.find(
      ({ from, to }) => (from === undefined || from < cut) && (to === undefined || cut < to),
    )
    if (parent === undefined) continue
    const version = parent.version + 1
    const child = { id: i + 2, from: parent.from, to: cut as number | undefined, version }
    const rest = { ...parent, from: cut as number | undefined, version }
    regions = [...regions.filter((one) => one !== parent), child, rest]
    for (const one of [child, rest]) {
      history.push(region(one.id, text(one.from), text(one.to), one.version))
    }
  }
  return history
}

function assertDisjoint(cache: RouteCache, history: readonly RoutedRegion[]): void {
  const ids = new Set(history.map(({ descriptor }) => descriptor.id))
  const known = [...ids].flatMap((id) => cache.get(id) ?? [])
  for (const { descriptor: one } of known) {
    for (const { descriptor: other } of known) {
      if (one === other) continue
      const apart =
        (one.to.length > 0 && compareBytes(one.to, other.from) <= 0) ||
        (other.to.length > 0 && compareBytes(other.to, one.from) <= 0)
      assert.ok(apart, `${one.id} overlaps ${other.id}`)
    }
  }
}
