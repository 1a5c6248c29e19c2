import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { groupId } from '../../src/base/ids.ts'
import type { KvWrite } from '../../src/core/kv/applied.ts'
import type { KeyValue } from '../../src/core/kv/types.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import {
  kvOps,
  readKeyValue,
  readLease,
  readMeta,
  readRestored,
  readVersion,
  revisionRange,
} from '../../src/storage/kvrows.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { CorruptRecord } from '../../src/storage/record.ts'
import type { Row, Store } from '../../src/storage/store.ts'
import { commit, scan } from '../contracts/store.ts'

const keys = new GroupKeys(groupId('chainfire'))
const at = { main: 7, sub: 2 }
const kv: KeyValue = {
  key: Uint8Array.of(0, 1, 255),
  value: Uint8Array.of(9, 8),
  createRevision: 3,
  modRevision: 7,
  version: 4,
  lease: -5n,
}

async function stored(writes: readonly KvWrite[]): Promise<Store> {
  const store = new MemoryStore()
  await commit(store, kvOps(keys, writes))
  return store
}

const rows = async (store: Store, room: 'r' | 'e'): Promise<readonly Row[]> =>
  (await scan(store, keys.room(room))).rows

describe("Chainfire's rows on disk", () => {
  it('reads back a version whole, and without its value', async () => {
    const [row] = await rows(await stored([{ row: 'put', at, kv }]), 'r')
    assert.deepEqual(readVersion(keys, row!), { at, key: kv.key, kv })
    assert.deepEqual(readKeyValue(keys, at, row![1]), kv)
    const { key, createRevision, version, lease } = kv
    const bare = { at, key, tombstone: false, createRevision, version, lease }
    assert.deepEqual(readRestored(keys, row!), bare)
  })

  it('reads back a tombstone, and never takes one for a pair', async () => {
    const [row] = await rows(await stored([{ row: 'tombstone', at, key: kv.key }]), 'r')
    assert.deepEqual(readVersion(keys, row!), { at, key: kv.key, kv: undefined })
    assert.deepEqual(readRestored(keys, row!), { at, key: kv.key, tombstone: true })
    assert.throws(() => readKeyValue(keys, at, row![1]), CorruptRecord)
  })

  it('names a version that is missing', () => {
    assert.throws(() => readKeyValue(keys, at, undefined), /version 7\.2 is missing/)
  })

  it('keeps versions in the order of their revisions, and cuts ranges at both ends', async () => {
    const mains = [2, 255, 256, 65_536, 2 ** 32, 2 ** 40]
    const store = await stored(
      [...mains].reverse().map((main) => ({ row: 'put', at: { main, sub: 0 }, kv })),
    )
    const all = (await rows(store, 'r')).map((row) => readVersion(keys, row).at.main)
    assert.deepEqual(all, mains)
    const some = (await scan(store, revisionRange(keys, 255, 65_536))).rows
    assert.deepEqual(
      some.map((row) => readVersion(keys, row).at.main),
      [255, 256, 65_536],
    )
  })

  it('drops what is dropped', async () => {
    const store = await stored([
      { row: 'put', at, kv },
      { row: 'drop', at },
      { row: 'lease', lease: { id: 1n, granted: 3, ttl: 2, remaining: 0 } },
      { row: 'lease-drop', id: 1n },
    ])
    assert.equal((await rows(store, 'r')).length + (await rows(store, 'e')).length, 0)
  })

  it('reads back leases of any 64-bit id', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.maxSafeNat(),
        async (id, ttl) => {
          const lease = { id, granted: 2 ** 50, ttl, remaining: 1 }
          const [row] = await rows(await stored([{ row: 'lease', lease }]), 'e')
          assert.deepEqual(readLease(keys, row!), lease)
        },
      ),
    )
  })

  it('reads back the applied state, also of a store never compacted', async () => {
    const meta = {
      appliedIndex: 10,
      appliedTerm: 2,
      revision: 8,
      compactRevision: -1,
      scrubbedRevision: -1,
      hash: 123,
    }
    const store = await stored([{ row: 'meta', meta }])
    assert.deepEqual(readMeta(keys, store.get(keys.applied())!), meta)
  })
})
