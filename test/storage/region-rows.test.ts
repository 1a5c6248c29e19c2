import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareBytes, EMPTY } from '../../src/base/bytes.ts'
import { groupId, nodeName, peerId } from '../../src/base/ids.ts'
import type { ReplicaMeta, SessionRecord } from '../../src/core/region/applied.ts'
import type { LockRow, RegionWrite, VersionRow } from '../../src/core/region/rows.ts'
import { LATEST } from '../../src/core/region/timestamps.ts'
import { namespaceId, regionId, type Timestamp, timestamp } from '../../src/core/region/types.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { CorruptRecord } from '../../src/storage/record.ts'
import { lockedKeyOf, NamespaceKeys, versionOf } from '../../src/storage/region-keyspace.ts'
import { readRegionMark, regionMarkOp, regionMarks } from '../../src/storage/region-marks.ts'
import {
  readLockRow,
  readReplicaMeta,
  readSession,
  readVersionRow,
  regionOp,
  replicaOps,
} from '../../src/storage/region-rows.ts'
import { commit, scan } from '../contracts/store.ts'

const namespace = new NamespaceKeys(namespaceId(0x01ff00))
const group = new GroupKeys(groupId('region-9'))

/** Zeroes and 0xff often: where escaping goes wrong. */
const key = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 0xff), fc.nat(255)), { maxLength: 8 })
  .map((bytes) => Uint8Array.from(bytes))
const stamp = fc.bigInt({ min: 0n, max: LATEST }).map(timestamp)

const row = (change: Partial<VersionRow>): VersionRow => ({
  key: Uint8Array.of(0, 1, 255),
  commit: timestamp(2n ** 63n + 5n),
  start: timestamp(77n),
  kind: 'put',
  overlapped: true,
  decisive: true,
  expiryMs: 12_345,
  value: Uint8Array.of(9, 8),
  ...change,
})

const lock: LockRow = {
  key: Uint8Array.of(0),
  primary: Uint8Array.of(1, 0, 2),
  primaryNamespace: namespaceId(4),
  start: timestamp(3n),
  ttlMs: 3000,
  minCommit: timestamp(4n),
  action: 'delete',
  value: EMPTY,
}

describe('Where the data of a namespace lies', () => {
  it('is in the order of keys, the newest version of each first', () => {
    const byKeyThenNewest = (a: readonly [Uint8Array, Timestamp], b: typeof a): number =>
      compareBytes(a[0], b[0]) || (a[1] > b[1] ? -1 : a[1] < b[1] ? 1 : 0)
    fc.assert(
      fc.property(fc.tuple(key, stamp), fc.tuple(key, stamp), (a, b) => {
        const disk = compareBytes(namespace.version(...a), namespace.version(...b))
        assert.equal(Math.sign(disk), Math.sign(byKeyThenNewest(a, b)))
        const locks = compareBytes(namespace.lock(a[0]), namespace.lock(b[0]))
        assert.equal(Math.sign(locks), Math.sign(compareBytes(a[0], b[0])))
      }),
    )
  })

  it('says which key and version it is', () => {
    fc.assert(
      fc.property(key, stamp, (it, at) => {
        assert.deepEqual(versionOf(namespace.version(it, at)), { key: it, at })
        assert.deepEqual(lockedKeyOf(namespace.lock(it)), it)
      }),
    )
  })

  it('lets a range hold its keys with all their versions and no others', () => {
    fc.assert(
      fc.property(key, key, key, stamp, (it, from, to, at) => {
        const open = to.length === 0
        const inside = compareBytes(it, from) >= 0 && (open || compareBytes(it, to) < 0)
        for (const [where, range] of [
          [namespace.version(it, at), namespace.versions({ from, to })],
          [namespace.lock(it), namespace.locks({ from, to })],
        ] as const) {
          const found = compareBytes(where, range.from) >= 0 && compareBytes(where, range.to) < 0
          assert.equal(found, inside)
        }
      }),
    )
  })

  it('is never another namespace', () => {
    const other = new NamespaceKeys(namespaceId(0x01ff01))
    const { from, to } = namespace.versions({ from: EMPTY, to: EMPTY })
    for (const at of [timestamp(0n), LATEST]) {
      const foreign = other.version(EMPTY, at)
      assert.ok(compareBytes(foreign, from) < 0 || compareBytes(foreign, to) >= 0)
    }
  })
})

describe("A region's rows on disk", () => {
  const stored = async (writes: readonly RegionWrite[]): Promise<MemoryStore> => {
    const store = new MemoryStore()
    for (const write of writes) await commit(store, [regionOp(namespace, write)])
    return store
  }
  const everything = { from: EMPTY, to: EMPTY }

  it('are read back as versions and locks, and gone when dropped', async () => {
    const rows = [row({}), row({ kind: 'rollback', commit: timestamp(9n), start: timestamp(9n) })]
    const writes: RegionWrite[] = rows.map((version) => ({ row: 'version', version }))
    const store = await stored([...writes, { row: 'lock', lock }])
    const found = await scan(store, namespace.versions(everything))
    assert.deepEqual(found.rows.map(readVersionRow), rows)
    const locks = await scan(store, namespace.locks(everything))
    assert.deepEqual(locks.rows.map(readLockRow), [lock])
    const { commit: at } = rows[0] as VersionRow
    const drop: RegionWrite = { row: 'drop', key: row({}).key, commit: at }
    await commit(store, [regionOp(namespace, drop)])
    await commit(store, [regionOp(namespace, { row: 'unlock', key: lock.key })])
    assert.equal((await scan(store, namespace.versions(everything))).rows.length, 1)
    assert.equal((await scan(store, namespace.locks(everything))).rows.length, 0)
  })

  it('are named when a bit of them is wrong', async () => {
    const store = await stored([{ row: 'version', version: row({}) }])
    const [found] = (await scan(store, namespace.versions(everything))).rows
    assert.ok(found)
    for (let at = 0; at < found[1].length; at++) {
      const bad = found[1].slice()
      bad[at] = (bad[at] as number) ^ 0x10
      assert.throws(() => readVersionRow([found[0], bad]), CorruptRecord)
    }
    const elsewhere = namespace.version(Uint8Array.of(5), timestamp(1n))
    assert.throws(() => readVersionRow([elsewhere, found[1]]), /corrupt record under d/)
    assert.throws(() => versionOf(elsewhere.subarray(0, 12)), /malformed key/)
  })

  it('keep what a replica knows beside its data', async () => {
    const meta: ReplicaMeta = {
      descriptor: {
        id: regionId(9),
        namespace: namespaceId(3),
        from: EMPTY,
        to: Uint8Array.of(7),
        epoch: { version: 3, confVer: 2 },
        peers: [{ peer: peerId(4), store: nodeName('n1'), incarnation: 'ab', role: 'voter' }],
      },
      announced: [{ peer: peerId(5), store: nodeName('n2'), incarnation: 'cd', role: 'learner' }],
      appliedIndex: 17,
      appliedTerm: 6,
      size: { rows: 5, bytes: 600 },
      driverEpoch: 2,
      safePoint: timestamp(8n),
      highestCommit: timestamp(LATEST - 1n),
      forgottenSession: timestamp(1n),
    }
    const session: SessionRecord = {
      session: timestamp(2n ** 63n + 1n),
      usedAt: 4,
      answeredBelow: 2,
      answers: [[3, timestamp(LATEST)]],
    }
    const store = new MemoryStore()
    const sessions = { changed: [session], forgotten: [] }
    await commit(store, replicaOps(group, { meta, shape: true, sessions }))
    const later = { ...meta, appliedIndex: 18 }
    const gone = { changed: [], forgotten: [timestamp(5n)] }
    await commit(store, replicaOps(group, { meta: later, shape: false, sessions: gone }))
    const [applied, shape] = [store.get(group.applied()), store.get(group.descriptor())]
    assert.ok(applied && shape)
    assert.deepEqual(readReplicaMeta(group, applied, shape), later)
    const rows = await scan(store, group.room('s'))
    assert.deepEqual(rows.rows.map(readSession), [session])
    assert.throws(() => readReplicaMeta(group, shape, applied), CorruptRecord)
  })

  it('say which regions have, or had, a peer here', async () => {
    const marks = [
      { region: regionId(9), peer: peerId(4), living: true },
      { region: regionId(10), peer: peerId(2), living: false },
    ]
    const store = new MemoryStore()
    await commit(store, marks.map(regionMarkOp))
    const { rows } = await scan(store, regionMarks())
    const found = rows.map(readRegionMark).sort((a, b) => a.region - b.region)
    assert.deepEqual(found, marks)
  })
})
