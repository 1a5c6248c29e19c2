import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { groupId, peerId } from '../../src/base/ids.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import { LogRows } from '../../src/storage/log-rows.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { baseOp, hardStateOp, readBase, readHardState } from '../../src/storage/raftlog.ts'
import type { Store, StoreOp } from '../../src/storage/store.ts'
import { commit } from '../contracts/store.ts'

const keys = new GroupKeys(groupId('g1'))

async function stored(ops: readonly StoreOp[]): Promise<Store> {
  const store = new MemoryStore()
  await commit(store, ops)
  return store
}

describe("a group's Raft state on disk", () => {
  it('reads back hard state and base', async () => {
    const configuration = { voters: [peerId(1)], outgoing: [], learners: [], autoLeave: false }
    const base = { index: 12, term: 3, configuration }
    const hardState = { term: 7, vote: peerId(3), commit: 2 }
    const persisted = { hardState, truncate: undefined, entries: [] }
    const ops = new LogRows(keys).persist(persisted, () => undefined)
    const store = await stored([...ops, baseOp(keys, base)])
    assert.deepEqual(readHardState(keys, store.get(keys.hardState())!), hardState)
    assert.deepEqual(readBase(keys, store.get(keys.logStart())!), base)
  })

  it('keeps "voted for nobody" apart from a vote', async () => {
    const store = await stored([hardStateOp(keys, { term: 1, vote: undefined, commit: 0 })])
    assert.equal(readHardState(keys, store.get(keys.hardState())!).vote, undefined)
  })
})
