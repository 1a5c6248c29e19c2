/** Namespaces: made with a first region over some stores, limited, dropped. */

import { EMPTY } from '../../base/bytes.ts'
import { peerId } from '../../base/ids.ts'
import {
  type Namespace,
  type NamespaceMode,
  namespaceId,
  type RegionDescriptor,
  regionId,
} from '../region/types.ts'
import type { Ids } from './ids.ts'
import type { Picture } from './picture.ts'
import type { StoreRecord } from './records.ts'
import type { NamespaceView } from './types.ts'

/** Comes to be when it is first asked for. */
export const DEFAULT_NAMESPACE = 'default'

const NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/

export const isNamespaceName = (name: string): boolean => NAME.test(name)

/** Its first region holds all of its keys, on these stores. */
export function createNamespace(
  picture: Picture,
  ids: Ids,
  name: string,
  mode: NamespaceMode,
  stores: readonly StoreRecord[],
): Namespace {
  const namespace: Namespace = { id: namespaceId(ids.takeNamespace()), name, mode, modeEpoch: 1 }
  const first = ids.take(1 + stores.length)
  const id = regionId(first)
  const descriptor: RegionDescriptor = {
    id,
    namespace: namespace.id,
    from: EMPTY,
    to: EMPTY,
    epoch: { version: 1, confVer: 1 },
    peers: stores.map(({ name: store, incarnation }, i) => ({
      peer: peerId(first + 1 + i),
      store,
      incarnation,
      role: 'voter' as const,
    })),
  }
  picture.put(
    { of: 'namespace', id: name, now: { namespace, quota: { bytes: 0, keys: 0 } } },
    { of: 'region', id, now: descriptor },
    { of: 'founding', id, now: { descriptor, waits: stores.map((store) => store.name) } },
  )
  return namespace
}

/**
 * Its regions with it, behind it: what a driver that dies in between has left is swept by the next. Numbers
 * are never used again: whoever still speaks of one is expelled.
 */
export function dropNamespace(picture: Picture, name: string): readonly RegionDescriptor[] {
  const record = picture.namespaces.get(name)
  if (record === undefined) return []
  picture.put({ of: 'namespace', id: name, now: undefined })
  return sweep(picture)
}

/** Regions of namespaces that are no more go, with all that is noted of them. */
export function sweep(picture: Picture): readonly RegionDescriptor[] {
  const stray = [...picture.regions.all()]
    .map(({ descriptor }) => descriptor)
    .filter(({ namespace }) => picture.namespaceOf(namespace) === undefined)
  for (const { id } of stray) {
    picture.put({ of: 'region', id, now: undefined })
    if (picture.foundings.has(id)) picture.put({ of: 'founding', id, now: undefined })
    if (picture.moves.has(id)) picture.put({ of: 'move', id, now: undefined })
  }
  return stray
}

export function viewNamespaces(
  picture: Picture,
  name: string | undefined,
): readonly NamespaceView[] {
  const names = name === undefined ? [...picture.namespaces.keys()].sort() : [name]
  return names.flatMap((each) => {
    const record = picture.namespaces.get(each)
    if (record === undefined) return []
    const regions = picture.regions.of(record.namespace.id)
    const bytes = regions.reduce((sum, region) => sum + region.bytes, 0)
    const keys = regions.reduce((sum, region) => sum + region.keys, 0)
    return [{ ...record, regions: regions.length, bytes, keys }]
  })
}
