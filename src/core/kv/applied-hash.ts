/** Counts an applied entry into the state hash: its place, what it answered, and every row it wrote. */

import { unreachable } from '../../base/assert.ts'
import type { EntryPosition, KvWrite } from './applied.ts'
import type { RollingHash } from './rolling-hash.ts'
import type { CommandResult, KeyValue } from './types.ts'

export interface Hashed {
  readonly result: CommandResult
  readonly compactRevision: number
  readonly writes: readonly KvWrite[]
}

export function hashApplied(hash: RollingHash, at: EntryPosition, applied: Hashed): void {
  hash.number(at.index)
  hash.number(at.term)
  hash.number(applied.compactRevision)
  hash.number(applied.result.op === 'error' ? applied.result.error.length : 0)
  for (const write of applied.writes) hashWrite(hash, write)
}

function hashWrite(hash: RollingHash, write: KvWrite): void {
  switch (write.row) {
    case 'put':
      hash.number(write.at.sub)
      hashPair(hash, write.kv)
      break
    case 'tombstone':
      hash.number(-1 - write.at.sub)
      hash.bytes(write.key)
      break
    case 'lease':
      hash.id(write.lease.id)
      hash.number(write.lease.granted)
      hash.number(write.lease.ttl)
      hash.number(write.lease.remaining)
      break
    case 'lease-drop':
      hash.id(write.id)
      break
    case 'drop':
    case 'meta':
      break
    default:
      unreachable(write)
  }
}

function hashPair(hash: RollingHash, kv: KeyValue): void {
  hash.bytes(kv.key)
  hash.bytes(kv.value)
  hash.number(kv.createRevision)
  hash.number(kv.modRevision)
  hash.number(kv.version)
  hash.id(kv.lease)
}
