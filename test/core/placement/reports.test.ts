/** Reports of regions that split and move, in any order and late: what is known never goes back, and never overlaps. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, EMPTY } from '../../../src/base/bytes.ts'
import { nodeName, peerId } from '../../../src/base/ids.ts'
import { takeReport } from '../../../src/core/placement/reports.ts'
import type { RegionReport } from '../../../src/core/placement/types.ts'
import { overlaps } from '../../../src/core/region/descriptor.ts'
import { newerEpoch } from '../../../src/core/region/epoch.ts'
import { namespaceId, type RegionDescriptor, regionId } from '../../../src/core/region/types.ts'
import { ModelCluster, NAMESPACE } from './cluster.ts'

const FIGURES = { bytes: 0, keys: 0, writes: 0, reads: 0 }
const first: RegionDescriptor = {
  id: regionId(1),
  namespace: NAMESPACE,
  from: EMPTY,
  to: EMPTY,
  epoch: { version: 1, confVer: 1 },
  peers: [{ peer: peerId(1), store: nodeName('n1'), incarnation: 'n1-1', role: 'voter' }],
}

/** What happens to regions: one is cut at a key, or its peers change. */
const happening = fc.record({
  region: fc.nat({ max: 20 }),
  cut: fc.option(fc.integer({ min: 1, max: 254 })),
})

/** Every descriptor that was ever true, in the order in which they came to be; and those that are true in the end. */
function historyOf(happenings: readonly { region: number; cut: number | null }[]) {
  const all: RegionDescriptor[] = [first]
  let now: RegionDescriptor[] = [first]
  let ids = 2
  for (const { region, cut } of happenings) {
    const before = now[region % now.length] as RegionDescriptor
    const key = cut === null ? undefined : Uint8Array.of(cut)
    const inside =
      key !== undefined &&
      compareBytes(key, before.from) > 0 &&
      (before.to.length === 0 || compareBytes(key, before.to) < 0)
    const { version, confVer } = before.epoch
    const after: RegionDescriptor[] = inside
      ? [
          { ...before, id: regionId(ids++), to: key, epoch: { version: version + 1, confVer } },
          { ...before, from: key, epoch: { version: version + 1, confVer } },
        ]
      : [{ ...before, epoch: { version, confVer: confVer + 1 } }]
    all.push(...after)
    now = [...now.filter((it) => it !== before), ...after]
  }
  return { all, now }
}

test('whatever is reported when, what is known never goes back nor overlaps; told all, it knows all', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 30 }),
      fc.array(fc.nat({ max: 200 }), { maxLength: 100 }),
      (happenings, order) => {
        const cluster = new ModelCluster()
        const { picture } = cluster
        const { all, now } = historyOf(happenings)
        const report = (descriptor: RegionDescriptor): RegionReport => ({
          descriptor,
          term: 1,
          ...FIGURES,
        })
        const seen = new Map<number, number>()
        for (const at of order) {
          const told = all[at % all.length] as RegionDescriptor
          const before = picture.regions.get(told.id)?.descriptor.epoch
          takeReport(picture, nodeName('n1'), report(told), 0)
          const after = picture.regions.get(told.id)?.descriptor.epoch
          if (before && after) assert.ok(!newerEpoch(before, after), 'it went back')
          tilesNothingTwice(cluster)
          neverOlder(cluster, seen)
        }
        for (const descriptor of now) takeReport(picture, nodeName('n1'), report(descriptor), 1)
        const known = picture.regions.of(NAMESPACE).map(({ descriptor }) => descriptor)
        assert.deepEqual(
          known,
          [...now].sort((a, b) => compareBytes(a.from, b.from)),
        )
      },
    ),
    { numRuns: 300 },
  )
})

/** What holds a key is of no lower version than what held it before: a range that was cut is not whole again. */
function neverOlder({ picture }: ModelCluster, seen: Map<number, number>): void {
  for (let key = 0; key < 256; key += 5) {
    const [found] = picture.regions.from(NAMESPACE, Uint8Array.of(key), 1)
    if (found === undefined || compareBytes(found.descriptor.from, Uint8Array.of(key)) > 0) continue
    const { version } = found.descriptor.epoch
    assert.ok(version >= (seen.get(key) ?? 0), `key ${key} went back to version ${version}`)
    seen.set(key, version)
  }
}

function tilesNothingTwice({ picture }: ModelCluster): void {
  const known = picture.regions.of(NAMESPACE)
  assert.equal(known.length, picture.regions.size)
  for (const [i, { descriptor }] of known.entries()) {
    for (const other of known.slice(i + 1)) {
      assert.ok(!overlaps(descriptor, other.descriptor), 'two hold the same keys')
    }
  }
}

test('a leader of an older term is not heard, one of a dropped namespace is told so', () => {
  const { picture } = new ModelCluster()
  const told = (from: string, term: number, more: Partial<RegionDescriptor> = {}) =>
    takeReport(picture, nodeName(from), { descriptor: { ...first, ...more }, term, ...FIGURES }, 0)
  assert.equal(told('n1', 5), 'taken')
  assert.equal(told('n2', 4), 'stale')
  assert.equal(picture.regions.get(first.id)?.leader, 'n1')
  assert.equal(told('n2', 6), 'taken')
  assert.equal(picture.regions.get(first.id)?.leader, 'n2')
  assert.equal(told('n3', 9, { id: regionId(9), namespace: namespaceId(77) }), 'dropped')
})

test('what is on the way to disk is what was put, and a region that others cover is deleted there too', () => {
  const { picture } = new ModelCluster()
  picture.takeChanges()
  takeReport(picture, nodeName('n1'), { descriptor: first, term: 1, ...FIGURES }, 0)
  const wide = { ...first, id: regionId(2), epoch: { version: 2, confVer: 1 } }
  takeReport(picture, nodeName('n1'), { descriptor: wide, term: 1, ...FIGURES }, 0)
  assert.deepEqual(picture.takeChanges(), [
    { of: 'region', id: 1, now: first },
    { of: 'region', id: 1, now: undefined },
    { of: 'region', id: 2, now: wide },
  ])
  takeReport(picture, nodeName('n1'), { descriptor: wide, term: 2, ...FIGURES }, 0)
  assert.deepEqual(picture.takeChanges(), [], 'a figure that changed is not written')
})

test('routes begin at the region that holds the key, or the first behind a gap', () => {
  const { picture } = new ModelCluster()
  const part = (id: number, from: number, to: number): RegionDescriptor => ({
    ...first,
    id: regionId(id),
    from: Uint8Array.of(from),
    to: Uint8Array.of(to),
  })
  for (const descriptor of [part(1, 10, 20), part(2, 20, 30), part(3, 40, 50)]) {
    takeReport(picture, nodeName('n1'), { descriptor, term: 1, ...FIGURES }, 0)
  }
  const from = (key: number, limit = 9) =>
    picture.regions
      .from(NAMESPACE, Uint8Array.of(key), limit)
      .map(({ descriptor }) => descriptor.id)
  assert.deepEqual(from(0), [1, 2, 3])
  assert.deepEqual(from(10), [1, 2, 3])
  assert.deepEqual(from(19), [1, 2, 3])
  assert.deepEqual(from(20, 1), [2])
  assert.deepEqual(from(35), [3])
  assert.deepEqual(from(50), [])
})
