import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { groupId, peerId } from '../../src/base/ids.ts'
import type { Entry, SnapshotMeta } from '../../src/core/raft/types.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import {
  baseOp,
  compactLogOps,
  hardStateOp,
  persistOps,
  RaftLogReader,
  readBase,
  readHardState,
} from '../../src/storage/raftlog.ts'
import type { Store, StoreOp } from '../../src/storage/store.ts'
import { commit, scan } from '../contracts/store.ts'

const keys = new GroupKeys(groupId('g1'))
const configuration = { voters: [peerId(1)], outgoing: [], learners: [], autoLeave: false }
const zero: SnapshotMeta = { index: 0, term: 0, configuration }
const none = { hardState: undefined, truncate: undefined }
const entry = (index: number, term = 1): Entry => ({
  index,
  term,
  kind: 'data',
  data: Uint8Array.of(index, term),
})

async function log(store: Store, base = zero, applied = 0): Promise<readonly Entry[]> {
  const reader = new RaftLogReader(keys, base)
  reader.add((await scan(store, keys.room('l'))).rows)
  return reader.finish(applied)
}

async function stored(...batches: StoreOp[][]): Promise<Store> {
  const store = new MemoryStore()
  for (const batch of batches) await commit(store, batch)
  return store
}

describe('the Raft log on disk', () => {
  it('reads back entries, hard state and base', async () => {
    const entries: Entry[] = [
      entry(1),
      { ...entry(2), kind: 'noop' },
      { ...entry(3), kind: 'config' },
    ]
    const hardState = { term: 7, vote: peerId(3), commit: 2 }
    const store = await stored(persistOps(keys, { ...none, hardState, entries }), [
      baseOp(keys, zero),
    ])
    assert.deepEqual(await log(store), entries)
    assert.deepEqual(readHardState(keys, store.get(keys.hardState())!), hardState)
    assert.deepEqual(readBase(keys, store.get(keys.logStart())!), zero)
  })

  it('keeps "voted for nobody" apart from a vote', async () => {
    const store = await stored([hardStateOp(keys, { term: 1, vote: undefined, commit: 0 })])
    assert.equal(readHardState(keys, store.get(keys.hardState())!).vote, undefined)
  })

  it('replaces a conflicting suffix', async () => {
    const store = await stored(
      persistOps(keys, { ...none, entries: [entry(1), entry(2), entry(3)] }),
      persistOps(keys, { ...none, truncate: { from: 2, to: 3 }, entries: [entry(2, 5)] }),
    )
    assert.deepEqual(await log(store), [entry(1), entry(2, 5)])
  })

  it('begins after its base once compacted', async () => {
    const base = { index: 2, term: 1, configuration }
    const store = await stored(
      persistOps(keys, { ...none, entries: [entry(1), entry(2), entry(3)] }),
      compactLogOps(keys, { base, from: 1, to: 2 }),
    )
    assert.deepEqual(await log(store, base), [entry(3)])
  })

  it('names a hole, and never returns a log that has one', async () => {
    const store = await stored(
      persistOps(keys, { ...none, entries: [entry(1), entry(2), entry(3), entry(4)] }),
      [2, 3].map((index) => ({ type: 'delete', key: keys.entry(index) })),
    )
    await assert.rejects(log(store), /log entries 2 to 3 are missing/)
  })

  it('names a log that ends before what was applied', async () => {
    const store = await stored(persistOps(keys, { ...none, entries: [entry(1)] }))
    await assert.rejects(log(store, zero, 2), /ends at 1, but 2 was already applied/)
  })

  it('refuses a rotten entry', async () => {
    const [put] = persistOps(keys, { ...none, entries: [entry(1)] })
    assert.ok(put?.type === 'put')
    const value = put.value.slice()
    value[value.length - 1]! ^= 1
    await assert.rejects(log(await stored([{ ...put, value }])), /corrupt record/)
  })

  it('keeps groups apart whose names begin alike', async () => {
    const other = new GroupKeys(groupId('g11'))
    const store = await stored(
      persistOps(keys, { ...none, entries: [entry(1)] }),
      persistOps(other, { ...none, entries: [entry(1), entry(2)] }),
    )
    assert.equal((await log(store)).length, 1)
  })
})
