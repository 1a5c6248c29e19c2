/** Who this member is and where the others live, as one small row of the node: written at every change. */

import type { Bytes } from '../../base/bytes.ts'
import type { GroupId, PeerId } from '../../base/ids.ts'
import { nodeKey } from '../../storage/keyspace.ts'
import { openRecord, sealRecord } from '../../storage/record.ts'
import type { StoreOp } from '../../storage/store.ts'
import type { Member } from './directory.ts'

export interface Identity {
  readonly self: PeerId
  readonly members: readonly Member[]
  /** By which data directory each member is known. */
  readonly pins: readonly (readonly [peer: PeerId, incarnation: string])[]
}

export const identityKey = (group: GroupId): Bytes => nodeKey(`group/${group}`)

export function identityOp(group: GroupId, identity: Identity): StoreOp {
  const key = identityKey(group)
  const payload = new TextEncoder().encode(JSON.stringify(identity))
  return { type: 'put', key, value: sealRecord(key, payload) }
}

export function readIdentity(group: GroupId, value: Bytes): Identity {
  return JSON.parse(new TextDecoder().decode(openRecord(identityKey(group), value))) as Identity
}
