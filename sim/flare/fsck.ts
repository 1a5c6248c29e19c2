/** The replicas of every region, row by row, as they lie on their disks after a clean stop. */

import { type Bytes, equalBytes } from '../../src/base/bytes.ts'
import type { RegionDescriptor } from '../../src/core/region/types.ts'
import { NamespaceKeys } from '../../src/storage/region-keyspace.ts'
import type { KeyRange, Row } from '../../src/storage/store.ts'
import type { Finding } from '../checkers/findings.ts'
import { told } from '../checkers/flare/regions-on-disk.ts'
import { keyText } from '../checkers/timeline.ts'
import type { World } from '../world/world.ts'

const ALL = { rows: 1_000_000, bytes: 1e9 }

export function checkReplicas(world: World): Finding[] {
  const { flare } = world
  const descriptors = flare?.disks.ids().flatMap((id) => flare.disks.newest(id) ?? []) ?? []
  return descriptors.flatMap((descriptor) => {
    const sentence = compare(world, descriptor)
    return sentence === undefined ? [] : [{ promise: 'region.replicas', sentence }]
  })
}

function compare(world: World, descriptor: RegionDescriptor): string | undefined {
  const holders = world.nodes.filter(
    ({ name }) => world.flare?.disks.peerOn(name, descriptor.id) !== undefined,
  )
  const keys = new NamespaceKeys(descriptor.namespace)
  const [first, ...others] = holders
  if (first === undefined) return `${told(descriptor)} lies nowhere`
  for (const range of [keys.versions(descriptor), keys.locks(descriptor)]) {
    const rows = rowsOf(first.setup.disk, range)
    for (const other of others) {
      const index = differs(rows, rowsOf(other.setup.disk, range))
      if (index === undefined) continue
      const key = rows[index]?.[0]
      const where = key === undefined ? 'its end' : keyText(key)
      return `${told(descriptor)} differs on ${first.name} and ${other.name} at ${where}`
    }
  }
  return undefined
}

function differs(one: readonly Row[], other: readonly Row[]): number | undefined {
  const count = Math.max(one.length, other.length)
  for (let i = 0; i < count; i++) {
    const [a, b] = [one[i], other[i]]
    if (a === undefined || b === undefined) return i
    if (!equalBytes(a[0], b[0]) || !equalBytes(a[1] as Bytes, b[1] as Bytes)) return i
  }
  return undefined
}

const rowsOf = (
  {
    rows,
  }: { readonly rows: { page(range: KeyRange, limit: typeof ALL): { rows: readonly Row[] } } },
  range: KeyRange,
): readonly Row[] => rows.page(range, ALL).rows
