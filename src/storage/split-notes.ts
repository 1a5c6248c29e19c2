/**
 * Children of a split that their store has not been told of: a note in the batch of the split, taken away when
 * the store has them. So a parent that falls in between tells it again.
 */

import type { RegionDescriptor, RegionId } from '../core/region/types.ts'
import { descriptor } from '../wire/messages/region-values.ts'
import { pack, unpack } from '../wire/pack.ts'
import { list } from '../wire/schema.ts'
import { nodeKey } from './keyspace.ts'
import { openRecord, sealRecord } from './record.ts'
import type { StoreOp } from './store.ts'

const CHILDREN = 1024
const schema = list(descriptor, CHILDREN)

const keyOf = (parent: RegionId) => nodeKey(`split/${parent}`)

/** None: nobody is left to be told of. */
export function splitNoteOp(parent: RegionId, children: readonly RegionDescriptor[]): StoreOp {
  const key = keyOf(parent)
  if (children.length === 0) return { type: 'delete', key }
  return { type: 'put', key, value: sealRecord(key, pack(schema.encode(children))) }
}

export function readSplitNote(
  parent: RegionId,
  read: (key: Uint8Array) => Uint8Array | undefined,
): readonly RegionDescriptor[] {
  const key = keyOf(parent)
  const value = read(key)
  return value === undefined ? [] : schema.decode(unpack(openRecord(key, value).slice()))
}
