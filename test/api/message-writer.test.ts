/** The fast writer writes what the generated encoders' own writer writes. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MessageWriter } from '../../src/api/grpc/message-writer.ts'
import { MemberListResponse } from '../../src/wire/proto/etcdserverpb/cluster.ts'
import { RangeResponse, TxnResponse } from '../../src/wire/proto/etcdserverpb/kv.ts'
import { WatchResponse } from '../../src/wire/proto/etcdserverpb/watch.ts'
import { HealthCheckResponse } from '../../src/wire/proto/grpc/health/v1/health.ts'

interface Codec<T> {
  encode(message: T, writer?: never): { finish(): Uint8Array }
}

const writer = new MessageWriter()

function same<T>(codec: Codec<T>, message: T): void {
  const expected = codec.encode(message).finish()
  codec.encode(message, writer.start() as never)
  const frame = Buffer.from(writer.frame())
  assert.equal(frame[0], 0)
  assert.equal(frame.readUInt32BE(1), expected.length)
  assert.deepEqual(frame.subarray(5), Buffer.from(expected))
}

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const count = fc.oneof(
  fc.nat().map(BigInt),
  int64,
  fc.constantFrom(0n, 127n, 128n, 1n << 32n, (1n << 53n) - 1n, 1n << 53n),
)
const bytes = fc.uint8Array({ maxLength: 300 })
const header = fc.record({ clusterId: uint64, memberId: uint64, revision: count, raftTerm: uint64 })
const keyValue = fc.record({
  key: bytes,
  createRevision: count,
  modRevision: count,
  version: count,
  value: bytes,
  lease: int64,
})
const range = fc.record({
  header,
  kvs: fc.array(keyValue, { maxLength: 20 }),
  more: fc.boolean(),
  count,
})

describe('the message writer', () => {
  it('writes ranges of any numbers and sizes', () => {
    fc.assert(fc.property(range, (message) => same(RangeResponse, message)))
  })

  it('writes nested transactions', () => {
    const txn: fc.Arbitrary<TxnResponse> = fc.letrec<{ txn: TxnResponse }>((tie) => ({
      txn: fc.record({
        header,
        succeeded: fc.boolean(),
        responses: fc.array(
          fc.oneof(
            { depthSize: 'small' },
            range.map((value) => ({ response: { $case: 'responseRange' as const, value } })),
            tie('txn').map((value) => ({ response: { $case: 'responseTxn' as const, value } })),
          ),
          { maxLength: 3 },
        ),
      }),
    })).txn
    fc.assert(fc.property(txn, (message) => same(TxnResponse, message)))
  })

  it('writes text, enums and lists', () => {
    const watch = fc.record({
      header,
      watchId: int64,
      created: fc.boolean(),
      canceled: fc.boolean(),
      compactRevision: count,
      cancelReason: fc.string({ unit: 'binary' }),
      fragment: fc.boolean(),
      events: fc.array(
        fc.record({
          type: fc.constantFrom(0 as const, 1 as const),
          kv: keyValue,
          prevKv: keyValue,
        }),
        { maxLength: 5 },
      ),
    })
    fc.assert(fc.property(watch, (message) => same(WatchResponse, message)))
    const urls = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 })
    const member = fc.record({
      ID: uint64,
      name: fc.string({ unit: 'grapheme' }),
      peerURLs: urls,
      clientURLs: urls,
      isLearner: fc.boolean(),
    })
    const list = fc.record({ header, members: fc.array(member, { maxLength: 5 }) })
    fc.assert(fc.property(list, (message) => same(MemberListResponse, message)))
    fc.assert(
      fc.property(fc.integer(), (status) => same(HealthCheckResponse, { status: status as never })),
    )
  })

  it('grows for a large message, and forgets one that was not finished', () => {
    const value = new Uint8Array(3 << 20).fill(7)
    const key = Uint8Array.of(1)
    const kv = { key, createRevision: 1n, modRevision: 1n, version: 1n, value, lease: 0n }
    const message = { header: undefined, kvs: [kv, kv], more: false, count: 2n }
    same(RangeResponse, message)
    writer.start().uint32(10).fork().uint32(1)
    same(RangeResponse, message)
  })
})
