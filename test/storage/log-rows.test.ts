import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { groupId, peerId } from '../../src/base/ids.ts'
import type { Entry, SnapshotMeta } from '../../src/core/raft/types.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import { LogRows, RaftLogReader, readEntries } from '../../src/storage/log-rows.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import type { StoreOp } from '../../src/storage/store.ts'
import { commit, scan } from '../contracts/store.ts'

const keys = new GroupKeys(groupId('g1'))
const configuration = { voters: [peerId(1)], outgoing: [], learners: [], autoLeave: false }
const baseAt = (index: number, term = 1): SnapshotMeta => ({ index, term, configuration })
const zero = baseAt(0, 0)
const none = { hardState: undefined, truncate: undefined }

const entry = (index: number, term = 1, bytes = 2): Entry => ({
  index,
  term,
  kind: 'data',
  data: new Uint8Array(bytes).fill(index).fill(term, 0, 1),
})

function entries(from: number, to: number, term = 1, bytes = 2): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, term, bytes))
}

/** A store and the rows of one group in it. */
class Disk {
  readonly store = new MemoryStore()
  rows = new LogRows(keys)

  append(...entries: Entry[]): Promise<void> {
    return this.land(this.rows.persist({ ...none, entries }, this.read))
  }

  /** What was at `from` and behind it makes place for other entries. */
  replace(from: number, to: number, ...entries: Entry[]): Promise<void> {
    const truncate = { from, to }
    return this.land(this.rows.persist({ ...none, truncate, entries }, this.read))
  }

  cut(index: number): Promise<void> {
    return this.land(this.rows.cut(baseAt(index)))
  }

  land(ops: readonly StoreOp[]): Promise<void> {
    return commit(this.store, ops)
  }

  read = (key: Uint8Array): Uint8Array | undefined => this.store.get(key)

  /** The indexes under which there are rows. */
  async firsts(): Promise<number[]> {
    return (await scan(this.store, keys.room('l'))).rows.map(([key]) => keys.entryIndex(key))
  }

  /** Comes back from disk. */
  async log(base = zero, applied = 0): Promise<readonly Entry[]> {
    const reader = new RaftLogReader(keys, base)
    reader.add((await scan(this.store, keys.room('l'))).rows)
    const { entries, rows } = reader.finish(applied)
    this.rows = rows
    return entries
  }
}

async function diskOf(...batches: Entry[][]): Promise<Disk> {
  const disk = new Disk()
  for (const batch of batches) await disk.append(...batch)
  return disk
}

describe('the rows of a log', () => {
  it('are one for what was persisted together, of whatever kind', async () => {
    const batch: Entry[] = [
      entry(1),
      { ...entry(2), kind: 'noop' },
      { ...entry(3), kind: 'config' },
    ]
    const disk = await diskOf(batch, entries(4, 9))
    assert.deepEqual(await disk.firsts(), [1, 4])
    assert.deepEqual(await disk.log(), [...batch, ...entries(4, 9)])
  })

  it('are bounded in size, but for an entry that alone is longer', async () => {
    const many = entries(1, 100, 1, 1000)
    const disk = await diskOf([...many, entry(101, 1, 100_000), entry(102)])
    const { rows } = await scan(disk.store, keys.room('l'))
    const sizes = rows.map(([, value]) => value.length)
    assert.ok(rows.length > 5 && rows.length < 12)
    assert.deepEqual(
      sizes.filter((size) => size > 17_000).map((size) => size > 100_000),
      [true],
    )
    assert.deepEqual(await disk.log(), [...many, entry(101, 1, 100_000), entry(102)])
  })

  it('are found by any entry within them', async () => {
    const disk = await diskOf(entries(1, 4), entries(5, 8), entries(9, 9))
    const { rows } = await scan(disk.store, disk.rows.range(6, 8))
    assert.deepEqual(
      rows.flatMap((row) => readEntries(keys, row)),
      entries(5, 8),
    )
    const behind = await scan(disk.store, disk.rows.range(3, 5))
    assert.equal(behind.rows.length, 2)
  })

  it('keep groups apart whose names begin alike', async () => {
    const disk = await diskOf(entries(1, 1))
    const other = new LogRows(new GroupKeys(groupId('g11')))
    await disk.land(other.persist({ ...none, entries: entries(1, 2) }, disk.read))
    assert.equal((await disk.log()).length, 1)
  })
})

describe('a conflict', () => {
  it('within a row leaves what is before it', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 8))
    await disk.replace(6, 8, entry(6, 5))
    assert.deepEqual(await disk.log(), [...entries(1, 5), entry(6, 5)])
  })

  it('at the beginning of a row leaves the rows before it as they are', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 8))
    const ops = disk.rows.persist(
      { ...none, truncate: { from: 4, to: 8 }, entries: [entry(4, 5)] },
      () => assert.fail('nothing to be read'),
    )
    await disk.land(ops)
    assert.deepEqual(await disk.log(), [...entries(1, 3), entry(4, 5)])
  })

  it('takes whole rows behind it along, and may come again', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 6), entries(7, 9))
    await disk.replace(2, 9, entry(2, 2), entry(3, 2))
    await disk.replace(3, 3, entry(3, 3))
    await disk.append(entry(4, 3))
    assert.deepEqual(await disk.log(), [entry(1), entry(2, 2), entry(3, 3), entry(4, 3)])
  })

  it('may leave nothing new', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 6))
    await disk.replace(5, 6)
    await disk.append(entry(5, 7))
    assert.deepEqual(await disk.log(), [...entries(1, 4), entry(5, 7)])
  })

  it('is cut the same way after a restart', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 8))
    await disk.log()
    await disk.replace(5, 8, entry(5, 9))
    assert.deepEqual(await disk.log(), [...entries(1, 4), entry(5, 9)])
  })

  it('in a row that is not there is damage', async () => {
    const disk = await diskOf(entries(1, 3))
    assert.throws(
      () =>
        disk.rows.persist({ ...none, truncate: { from: 2, to: 3 }, entries: [] }, () => undefined),
      /log entries from 1 are missing/,
    )
  })
})

describe('a log that is cut', () => {
  it('loses the rows that hold nothing behind its base', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 6), entries(7, 9))
    await disk.cut(6)
    assert.deepEqual(await disk.firsts(), [7])
    assert.deepEqual(await disk.log(baseAt(6)), entries(7, 9))
  })

  it('keeps a row that reaches over the base until all of it is cut', async () => {
    const disk = await diskOf(entries(1, 3), entries(4, 6), entries(7, 9))
    await disk.cut(5)
    assert.deepEqual(await disk.firsts(), [4, 7])
    assert.deepEqual(await disk.log(baseAt(5)), entries(6, 9))
    await disk.cut(7)
    assert.deepEqual(await disk.firsts(), [7])
    assert.deepEqual(await disk.log(baseAt(7)), entries(8, 9))
  })

  it('down to its last entry goes on behind it', async () => {
    const disk = await diskOf(entries(1, 3))
    await disk.cut(3)
    await disk.append(entry(4))
    assert.deepEqual(await disk.log(baseAt(3)), [entry(4)])
    await disk.cut(4)
    assert.deepEqual(await disk.firsts(), [4])
  })

  it('has no rows left behind a snapshot', async () => {
    const disk = await diskOf(entries(1, 3))
    disk.rows.clear()
    await disk.land([{ type: 'delete', key: keys.entry(1) }])
    await disk.append(entry(101))
    assert.deepEqual(await disk.log(baseAt(100)), [entry(101)])
  })
})

describe('a damaged log', () => {
  it('is never returned with a hole, which is named', async () => {
    const disk = await diskOf(entries(1, 1), entries(2, 3), entries(4, 4))
    await disk.land([{ type: 'delete', key: keys.entry(2) }])
    await assert.rejects(disk.log(), /log entries 2 to 3 are missing/)
  })

  it('is never returned with an entry twice', async () => {
    const disk = await diskOf(entries(1, 3))
    await disk.land(new LogRows(keys).persist({ ...none, entries: entries(3, 4) }, disk.read))
    await assert.rejects(disk.log(), /log entry 3 is there twice/)
  })

  it('is named when it ends before what was applied', async () => {
    const disk = await diskOf(entries(1, 1))
    await assert.rejects(disk.log(zero, 2), /ends at 1, but 2 was already applied/)
  })

  it('is refused where a row has rotted', async () => {
    const disk = new Disk()
    const [put] = disk.rows.persist({ ...none, entries: entries(1, 3) }, disk.read)
    assert.ok(put?.type === 'put')
    const value = put.value.slice()
    value[value.length - 1]! ^= 1
    await disk.land([{ ...put, value }])
    await assert.rejects(disk.log(), /corrupt record/)
  })
})
