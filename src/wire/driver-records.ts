/**
 * What oracle and driver keep in group `system`: keys under `flare/`, values as msgpack tuples behind a
 * version byte. The epoch alone is eight plain bytes, since transactions compare it.
 */

import { Packr } from 'msgpackr'
import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import { nodeName } from '../base/ids.ts'
import type {
  Change,
  FoundingRecord,
  IdsRecord,
  MoveRecord,
  NamespaceRecord,
  SafePointRecord,
  StoreRecord,
} from '../core/placement/records.ts'
import { type RegionDescriptor, regionId } from '../core/region/types.ts'
import { name, namespace, quota, storeLabel, storeState, words } from './messages/driver-values.ts'
import { node } from './messages/group.ts'
import { peer } from './messages/raft.ts'
import { descriptor, region, timestamp } from './messages/region-values.ts'
import { count, list, MalformedMessage, optional, type Schema, struct } from './schema.ts'

/** Term of the driver and oracle that lead; every write of theirs compares it. */
export const EPOCH_KEY = 'flare/epoch'
/** Where the window of timestamps ends. */
export const WINDOW_KEY = 'flare/tso'

const VERSION = 1
const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })

export function epochBytes(term: number): Bytes {
  const bytes = new Uint8Array(8)
  putUint64(bytes, 0, term)
  return bytes
}

export function epochIn(bytes: Bytes): number {
  if (bytes.byteLength !== 8) throw new MalformedMessage('epoch', '8 bytes')
  return getUint64(bytes, 0)
}

export interface RecordShape<T> {
  encode(record: T): Bytes
  decode(bytes: Bytes): T
}

export function recordOf<T>(schema: Schema<T>): RecordShape<T> {
  return {
    encode(record) {
      const packed = packr.pack(schema.encode(record))
      const whole = new Uint8Array(packed.byteLength + 1)
      whole[0] = VERSION
      whole.set(packed, 1)
      return whole
    },
    decode(bytes) {
      if (bytes[0] !== VERSION) throw new MalformedMessage('version', `${VERSION}, not ${bytes[0]}`)
      return schema.decode(packr.unpack(bytes.subarray(1)))
    },
  }
}

/** Milliseconds since 1970: timestamps below it may have been given. */
export const windowRecord: RecordShape<{ readonly endMs: number }> = recordOf(
  struct({ endMs: count }),
)

/** All of it lies here, in this range. */
export const DRIVER_KEYS = { from: 'flare/', to: 'flare0' } as const

const storeRecord: RecordShape<StoreRecord> = recordOf(
  struct({
    name: node,
    incarnation: name,
    former: list(name, 16),
    state: storeState,
    labels: list(storeLabel, 16),
  }),
)
const namespaceRecord: RecordShape<NamespaceRecord> = recordOf(struct({ namespace, quota }))
const regionRecord: RecordShape<RegionDescriptor> = recordOf(descriptor)
const foundingRecord: RecordShape<FoundingRecord> = recordOf(
  struct({ descriptor, waits: list(node, 64) }),
)
const moveRecord: RecordShape<MoveRecord> = recordOf(
  struct({
    region,
    rule: name,
    reason: words,
    add: optional(struct({ peer, store: node, incarnation: name })),
    remove: optional(peer),
    sinceMs: count,
  }),
)
const idsRecord: RecordShape<IdsRecord> = recordOf(struct({ next: count, nextNamespace: count }))
const safePointRecord: RecordShape<SafePointRecord> = recordOf(
  struct({
    safePoint: timestamp,
    holds: list(struct({ service: name, at: timestamp, untilMs: count }), 4096),
  }),
)

/** A key and what is to stand there; no value: nothing. */
export interface DriverRow {
  readonly key: string
  readonly value: Bytes | undefined
}

export function rowOf(change: Change): DriverRow {
  switch (change.of) {
    case 'store':
      return row(`store/${change.id}`, storeRecord, change.now)
    case 'namespace':
      return row(`namespace/${change.id}`, namespaceRecord, change.now)
    case 'region':
      return row(`region/${change.id}`, regionRecord, change.now)
    case 'founding':
      return row(`founding/${change.id}`, foundingRecord, change.now)
    case 'move':
      return row(`move/${change.id}`, moveRecord, change.now)
    case 'ids':
      return row('ids', idsRecord, change.now)
    case 'safe-point':
      return row('safe-point', safePointRecord, change.now)
  }
}

/** Undefined: the row is not the driver's. */
export function changeIn(key: string, value: Bytes): Change | undefined {
  const [, of, id = ''] = key.split('/')
  switch (of) {
    case 'store':
      return { of, id: nodeName(id), now: storeRecord.decode(value) }
    case 'namespace':
      return { of, id, now: namespaceRecord.decode(value) }
    case 'region':
      return { of, id: regionId(Number(id)), now: regionRecord.decode(value) }
    case 'founding':
      return { of, id: regionId(Number(id)), now: foundingRecord.decode(value) }
    case 'move':
      return { of, id: regionId(Number(id)), now: moveRecord.decode(value) }
    case 'ids':
      return { of, now: idsRecord.decode(value) }
    case 'safe-point':
      return { of, now: safePointRecord.decode(value) }
    default:
      return undefined
  }
}

function row<T>(key: string, shape: RecordShape<T>, now: T | undefined): DriverRow {
  return { key: `flare/${key}`, value: now === undefined ? undefined : shape.encode(now) }
}
