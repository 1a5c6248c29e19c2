import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nodeName, peerId } from '../../src/base/ids.ts'
import type { RegionEntry } from '../../src/core/region/entry.ts'
import type { LockRow, RegionWrite, VersionRow } from '../../src/core/region/rows.ts'
import { namespaceId, regionId, timestamp } from '../../src/core/region/types.ts'
import { decodeRegionEntry, encodeRegionEntry } from '../../src/wire/region-entry.ts'
import { MalformedMessage } from '../../src/wire/schema.ts'

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>
const bytes = fc.uint8Array({ maxLength: 40 })
const stamp = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(timestamp)
const count = fc.nat()

const version: fc.Arbitrary<VersionRow> = record({
  key: bytes,
  commit: stamp,
  start: stamp,
  kind: fc.constantFrom('put', 'delete', 'lock', 'rollback'),
  overlapped: fc.boolean(),
  decisive: fc.boolean(),
  expiryMs: fc.oneof(fc.constant(0), fc.nat()),
  value: bytes,
})

const lock: fc.Arbitrary<LockRow> = record({
  key: bytes,
  primary: bytes,
  primaryNamespace: fc.nat().map(namespaceId),
  start: stamp,
  ttlMs: count,
  minCommit: stamp,
  action: fc.constantFrom('put', 'delete', 'lock'),
  value: bytes,
})

const write: fc.Arbitrary<RegionWrite> = fc.oneof(
  version.map((it): RegionWrite => ({ row: 'version', version: it })),
  version.map((it): RegionWrite => ({ row: 'version', version: { ...it, start: it.commit } })),
  record({ row: fc.constant('drop' as const), key: bytes, commit: stamp }),
  lock.map((it): RegionWrite => ({ row: 'lock', lock: it })),
  record({ row: fc.constant('unlock' as const), key: bytes }),
)

const mark = record({ session: stamp, sequence: count, answeredBelow: count })
const epoch = record({ version: count, confVer: count })

const entry: fc.Arbitrary<RegionEntry> = fc.oneof(
  {
    weight: 5,
    arbitrary: record({
      type: fc.constant('data' as const),
      version: count,
      writes: fc.array(write, { maxLength: 8 }),
      freed: record({ rows: count, bytes: count }),
      session: fc.option(record({ mark, version: stamp }), { nil: undefined }),
      safePoint: fc.option(stamp, { nil: undefined }),
    }),
  },
  record({
    type: fc.constant('split' as const),
    epoch,
    driverEpoch: count,
    keys: fc.array(bytes, { maxLength: 3 }),
    children: fc.array(
      record({ region: count.map(regionId), peers: fc.array(count.map(peerId)) }),
      { maxLength: 3 },
    ),
    sizes: fc.array(record({ rows: count, bytes: count }), { maxLength: 3 }),
  }),
  record({
    type: fc.constant('announce' as const),
    epoch,
    driverEpoch: count,
    peer: record({
      peer: count.map(peerId),
      store: fc.constant(nodeName('n1')),
      incarnation: fc.string({ maxLength: 20 }),
      role: fc.constantFrom('voter' as const, 'learner' as const),
    }),
  }),
  record({ type: fc.constant('driver' as const), driverEpoch: count }),
  record({ type: fc.constant('digest' as const), version: count, at: stamp }),
)

describe("A region's log entry", () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(entry, (it) => assert.deepEqual(decodeRegionEntry(encodeRegionEntry(it)), it)),
    )
  })

  it('of one put takes little more than key and value', () => {
    const [key, value] = [new Uint8Array(20), new Uint8Array(256)]
    const put = { key, commit: timestamp(9n), start: timestamp(9n), kind: 'put' as const }
    const row = { ...put, overlapped: false, decisive: false, expiryMs: 0, value }
    const data = encodeRegionEntry({
      type: 'data',
      version: 1,
      writes: [{ row: 'version', version: row }],
      freed: { rows: 0, bytes: 0 },
      session: undefined,
      safePoint: undefined,
    })
    assert.ok(data.length <= 20 + 256 + 40, `${data.length} bytes`)
  })

  it('is refused when cut short, made longer, or of another version', () => {
    fc.assert(
      fc.property(entry, fc.nat(), (it, cut) => {
        const data = encodeRegionEntry(it)
        const short = data.slice(0, cut % data.length)
        assert.throws(() => decodeRegionEntry(short), MalformedMessage)
        assert.throws(() => decodeRegionEntry(Uint8Array.of(...data, 0)), MalformedMessage)
        assert.throws(() => decodeRegionEntry(Uint8Array.of(2, ...data.slice(1))), /version/)
      }),
    )
  })

  it('never makes anything but an entry or an error of any bytes', () => {
    fc.assert(
      fc.property(
        entry,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        (it, hits) => {
          const data = encodeRegionEntry(it).slice()
          for (const [at, byte] of hits) data[at % data.length] = byte
          try {
            decodeRegionEntry(data)
          } catch (error) {
            assert.ok(error instanceof MalformedMessage, String(error))
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
