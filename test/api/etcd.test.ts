/** etcd's services over a node: checks and their order, codes and texts, headers, metadata (etcd 3.6). */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { status } from '@grpc/grpc-js'
import type { Unavailable } from '../../src/actors/chainfire.ts'
import { clusterId, memberId } from '../../src/api/etcd/ids.ts'
import {
  type Compare,
  Compare_CompareResult as Is,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  Compare_CompareTarget as Target,
} from '../../src/wire/proto/etcdserverpb/kv.ts'
import { WatchDefinition } from '../../src/wire/proto/etcdserverpb/watch.ts'
import { GrpcCaller } from '../support/grpc-caller.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { bytes, KV, kv, NONE, nested, putOf, putOp, rangeOf } from '../support/kv-requests.ts'
import { letTimePass } from '../support/passing-time.ts'
import { openDoorOver, type RunningDoor, runDoor } from '../support/running-door.ts'

describe('etcd services over one node', { timeout: 30_000 }, () => {
  let door: RunningDoor
  let caller: GrpcCaller
  before(async () => {
    door = await runDoor()
    caller = new GrpcCaller(door.endpoint)
  })
  after(async () => {
    caller.close()
    await door.close()
  })
  const refused = async (call: Promise<unknown>, code: number, details: string) =>
    assert.deepEqual(await caller.failure(call), { code, details })
  const invalid = (call: Promise<unknown>, text: string) =>
    refused(call, status.INVALID_ARGUMENT, `etcdserver: ${text}`)
  const put = (request: PutRequest) => caller.call(KV, kv.put, request)
  const range = (request: RangeRequest) => caller.call(KV, kv.range, request)
  const txn = (
    success: readonly RequestOp[],
    failure: readonly RequestOp[] = [],
    compare: readonly Compare[] = [],
  ) => caller.call(KV, kv.txn, { compare, success, failure })

  it('puts and gets, with a header that names cluster and member', async () => {
    const { header } = await put(putOf('a', '1'))
    assert.deepEqual(
      [header?.clusterId, header?.memberId, header?.revision],
      [clusterId('demo'), memberId('demo', 'n1'), 2n],
    )
    const { kvs, count, more } = await range(rangeOf('a'))
    assert.deepEqual([kvs[0]?.modRevision, count, more], [2n, 1n, false])
  })

  it('refuses malformed reads and writes, in etcd’s order', async () => {
    await invalid(range(rangeOf('', { sortOrder: 9 as never })), 'key is not provided')
    await invalid(range(rangeOf('a', { sortOrder: 9 as never })), 'invalid sort option')
    await invalid(range(rangeOf('a', { sortTarget: 9 as never })), 'invalid sort option')
    await invalid(put(putOf('', 'x', { ignoreValue: true })), 'key is not provided')
    await invalid(put(putOf('a', 'x', { ignoreValue: true })), 'value is provided')
    await invalid(put(putOf('a', '', { ignoreLease: true, lease: 1n })), 'lease is provided')
    await invalid(put(putOf('none', '', { ignoreValue: true })), 'key not found')
    const doom = { key: NONE, rangeEnd: NONE, prevKv: false }
    await invalid(caller.call(KV, kv.deleteRange, doom), 'key is not provided')
  })

  it('refuses malformed transactions, in etcd’s order', async () => {
    const many = Array.from({ length: 129 }, (_, i) => putOp(putOf(`k${i}`, '')))
    await invalid(txn(many), 'too many operations in txn request')
    await invalid(txn([putOp(putOf('', ''))]), 'key is not provided')
    await invalid(txn([{ request: undefined }]), 'key not found')
    await invalid(
      txn([putOp(putOf('x', '')), putOp(putOf('x', ''))]),
      'duplicate key given in txn request',
    )
    await invalid(
      txn([putOp(putOf('x', '')), nested([putOp(putOf('x', ''))])]),
      'duplicate key given in txn request',
    )
    const compare: Compare = {
      key: NONE,
      rangeEnd: NONE,
      result: Is.EQUAL,
      target: Target.MOD,
      targetUnion: undefined,
    }
    await invalid(txn([], [], [compare]), 'key is not provided')
    const full = Array.from({ length: 127 }, (_, i) => putOp(putOf(`k${i}`, '')))
    const inner = nested([putOp(putOf('y', '')), putOp(putOf('z', ''))])
    await invalid(txn([...full, inner]), 'too many operations in txn request')
  })

  it('a comparison without an operand compares with nothing', async () => {
    const compare: Compare = {
      key: bytes('never'),
      rangeEnd: NONE,
      result: Is.EQUAL,
      target: Target.CREATE,
      targetUnion: undefined,
    }
    const answer = await txn([putOp(putOf('t', '1'))], [], [compare])
    assert.equal(answer.succeeded, true)
    const response = answer.responses[0]?.response
    assert.ok(response?.$case === 'responsePut')
    const nestedHeader = response.value.header
    assert.equal(nestedHeader?.revision, answer.header?.revision)
    assert.deepEqual([nestedHeader?.clusterId, nestedHeader?.memberId], [0n, 0n])
  })

  it('revisions outside the store’s history', async () => {
    const future = range(rangeOf('a', { revision: 1n << 62n }))
    await refused(
      future,
      status.OUT_OF_RANGE,
      'etcdserver: mvcc: required revision is a future revision',
    )
    const { header } = await put(putOf('a', '2'))
    await caller.call(KV, kv.compact, { revision: header?.revision ?? 0n, physical: true })
    await refused(
      range(rangeOf('a', { revision: 1n })),
      status.OUT_OF_RANGE,
      'etcdserver: mvcc: required revision has been compacted',
    )
  })

  it('X11 a transaction that only reads is not in the log', async () => {
    await caller.call(KV, kv.put, putOf('seen', '1'))
    const before = await door.chainfire.status()
    const read: RequestOp = { request: { $case: 'requestRange', value: rangeOf('seen') } }
    const compare: Compare = {
      result: Is.GREATER,
      target: Target.VERSION,
      key: bytes('seen'),
      targetUnion: { $case: 'version', value: 0n },
      rangeEnd: NONE,
    }
    const seen = await caller.call(KV, kv.txn, { compare: [compare], success: [read], failure: [] })
    assert.deepEqual([seen.succeeded, seen.responses.length], [true, 1])
    const [first] = seen.responses
    assert.ok(first?.response?.$case === 'responseRange')
    assert.equal(first.response.value.header?.revision, seen.header?.revision)
    assert.equal(new TextDecoder().decode(first.response.value.kvs[0]?.value), '1')
    assert.equal((await door.chainfire.status()).lastIndex, before.lastIndex)
    await caller.call(KV, kv.txn, { compare: [], success: [nested([read])], failure: [] })
    assert.equal((await door.chainfire.status()).lastIndex, before.lastIndex + 1)
    const late = { ...rangeOf('seen'), revision: 1n << 40n }
    const refusal: RequestOp = { request: { $case: 'requestRange', value: late } }
    await refused(
      caller.call(KV, kv.txn, { compare: [], success: [refusal], failure: [] }),
      status.OUT_OF_RANGE,
      'etcdserver: mvcc: required revision is a future revision',
    )
  })

  it('K16 a physical compaction is answered once its scrub is done, however long that takes', async (context: TestContext) => {
    const asked: number[] = []
    const slow = await openDoorOver({
      ...door.chainfire,
      scrubbed: async (revision) => {
        asked.push(revision)
        if (asked.length < 3) return { ok: false, unavailable: 'timeout' }
        return door.chainfire.scrubbed(revision)
      },
    })
    const other = new GrpcCaller(`127.0.0.1:${slow.port}`)
    context.after(async () => {
      other.close()
      await slow.close()
    })
    const { header } = await other.call(KV, kv.put, putOf('scrubbed', '1'))
    const revision = header?.revision ?? 0n
    await other.call(KV, kv.compact, { revision, physical: true })
    assert.deepEqual(asked, [Number(revision), Number(revision), Number(revision)])
    const next = await other.call(KV, kv.put, putOf('scrubbed', '2'))
    await other.call(KV, kv.compact, { revision: next.header?.revision ?? 0n, physical: false })
    assert.equal(asked.length, 3)
  })

  it('T9 N2 what is not answered says why, in etcd’s words', async () => {
    const cases: readonly (readonly [Unavailable, number, string])[] = [
      ['timeout', status.UNAVAILABLE, 'request timed out'],
      [
        'timeout-leader-failed',
        status.UNAVAILABLE,
        'request timed out, possibly due to previous leader failure',
      ],
      [
        'timeout-disconnected',
        status.UNAVAILABLE,
        'request timed out, possibly due to connection lost',
      ],
      ['leader-changed', status.UNAVAILABLE, 'leader changed'],
      ['overloaded', status.RESOURCE_EXHAUSTED, 'too many requests'],
      ['no-space', status.RESOURCE_EXHAUSTED, 'mvcc: database space exceeded'],
    ]
    let next: Unavailable = 'timeout'
    const failing = await openDoorOver({
      ...door.chainfire,
      write: async () => ({ ok: false, unavailable: next }),
    })
    const other = new GrpcCaller(`127.0.0.1:${failing.port}`)
    for (const [reason, code, details] of cases) {
      next = reason
      assert.deepEqual(await other.failure(other.call(KV, kv.put, putOf('a', '1'))), {
        code,
        details: `etcdserver: ${details}`,
      })
    }
    other.close()
    await failing.close()
  })

  it('requests between the limit and the transport’s limit, and above', async () => {
    const big = (size: number) => put(putOf('big', 'x'.repeat(size)))
    await big(1_572_864 - 64)
    await invalid(big(1_572_864), 'request is too large')
    const over = 1_572_864 + 512 * 1024
    const { code, details } = await caller.failure(big(over))
    assert.equal(code, status.RESOURCE_EXHAUSTED)
    assert.match(details, /^grpc: received message larger than max \(\d+ vs\. 2097152\)$/)
  })
  it('the same port answers HTTP/1.1', async () => {
    const response = await fetch(`http://${door.endpoint}/health`)
    assert.equal(await response.text(), 'a page\n')
  })

  it('with a leader, insisting on one changes nothing', async () => {
    const { kvs } = await caller.call(KV, kv.range, rangeOf('a'), { hasleader: 'true' })
    assert.equal(kvs.length, 1)
  })
})

describe('etcd services without a leader', { timeout: 30_000 }, () => {
  it('clients that insist on a leader are told at once, open streams after a while', async (context: TestContext) => {
    const cluster = new InlineCluster({ nodes: 3 })
    const leader = await cluster.leader()
    const time = letTimePass(cluster)
    const door = await openDoorOver(cluster.face(leader))
    const caller = new GrpcCaller(`127.0.0.1:${door.port}`)
    context.after(async () => {
      caller.close()
      await door.close()
      await time.stop()
    })
    const stream = caller.stream(WatchDefinition.fullName, WatchDefinition.methods.watch, {
      hasleader: 'true',
    })
    const ended = new Promise<{ code: number; details: string }>((resolve) =>
      stream.on('error', (error) => resolve(error as never)),
    )
    await new Promise((resolve) => stream.on('metadata', resolve))
    for (const name of cluster.names) if (name !== leader) cluster.crash(name)
    const { code, details } = await ended
    assert.deepEqual([code, details], [status.UNAVAILABLE, 'etcdserver: no leader'])
    const insisting = caller.call(KV, kv.range, rangeOf('a', { serializable: true }), {
      hasleader: 'true',
    })
    assert.deepEqual(await caller.failure(insisting), {
      code: status.UNAVAILABLE,
      details: 'etcdserver: no leader',
    })
    const local = await caller.call(KV, kv.range, rangeOf('a', { serializable: true }))
    assert.equal(local.count, 0n)
  })
})

describe('several threads on one port', () => {
  it('listen side by side when they say so, and not otherwise', async () => {
    const first = await runDoor({ reusePort: true })
    const second = await runDoor({ reusePort: true, port: first.port })
    assert.equal(second.port, first.port)
    await assert.rejects(runDoor({ port: first.port }), { code: 'EADDRINUSE' })
    await first.close()
    await second.close()
  })
})
