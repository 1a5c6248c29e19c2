/**
 * Which regions have, or had, a peer on this node: one row each, which outlives the peer. A peer whose id is not
 * above the one on the row was here and is gone: it never comes back.
 */

import type { Bytes } from '../base/bytes.ts'
import type { PeerId } from '../base/ids.ts'
import type { RegionId } from '../core/region/types.ts'
import { peer } from '../wire/messages/raft.ts'
import { region } from '../wire/messages/region-values.ts'
import { pack, unpack } from '../wire/pack.ts'
import { bool, MalformedMessage, type Schema, struct } from '../wire/schema.ts'
import { nodeKey, nodeRange } from './keyspace.ts'
import { CorruptRecord, formatKey, openRecord, sealRecord } from './record.ts'
import type { KeyRange, Row, StoreOp } from './store.ts'

export interface RegionMark {
  readonly region: RegionId
  /** Highest id of a peer of this region that ever lived on this node. */
  readonly peer: PeerId
  /** False: a tombstone. */
  readonly living: boolean
}

const PREFIX = 'region/'
const schema: Schema<RegionMark> = struct({ region, peer, living: bool })

export const regionMarkKey = (id: RegionId): Bytes => nodeKey(`${PREFIX}${id}`)

export const regionMarks = (): KeyRange => nodeRange(PREFIX)

export function regionMarkOp(mark: RegionMark): StoreOp {
  const key = regionMarkKey(mark.region)
  return { type: 'put', key, value: sealRecord(key, pack(schema.encode(mark))) }
}

export function readRegionMark([key, value]: Row): RegionMark {
  const payload = openRecord(key, value)
  try {
    return schema.decode(unpack(payload))
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    throw new CorruptRecord(`malformed record under ${formatKey(key)}: ${error.message}`)
  }
}
