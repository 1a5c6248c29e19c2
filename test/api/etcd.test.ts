/** etcd's services over a node: checks and their order, codes and texts, headers, metadata (etcd 3.6). */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { status } from '@grpc/grpc-js'
import type { Unavailable } from '../../src/actors/chainfire.ts'
import { clusterId, memberId } from '../../src/api/etcd/ids.ts'
import { MeterBook } from '../../src/base/meter-book.ts'
import { AuthDefinition } from '../../src/wire/proto/etcdserverpb/auth.ts'
import { ClusterDefinition } from '../../src/wire/proto/etcdserverpb/cluster.ts'
import {
  type Compare,
  Compare_CompareResult as Is,
  KVDefinition,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  Compare_CompareTarget as Target,
} from '../../src/wire/proto/etcdserverpb/kv.ts'
import {
  LeaseDefinition,
  type LeaseKeepAliveResponse,
} from '../../src/wire/proto/etcdserverpb/lease.ts'
import { MaintenanceDefinition } from '../../src/wire/proto/etcdserverpb/maintenance.ts'
import { WatchDefinition, type WatchResponse } from '../../src/wire/proto/etcdserverpb/watch.ts'
import { HealthDefinition } from '../../src/wire/proto/grpc/health/v1/health.ts'
import { LockDefinition } from '../../src/wire/proto/v3lockpb/v3lock.ts'
import { GrpcCaller } from '../support/grpc-caller.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { letTimePass } from '../support/passing-time.ts'
import { openDoorOver, type RunningDoor, runDoor } from '../support/running-door.ts'

const KV = KVDefinition.fullName
const kv = KVDefinition.methods
const NONE = new Uint8Array(0)
const bytes = (text: string) => new TextEncoder().encode(text)

const putOf = (key: string, value: string, more: Partial<PutRequest> = {}): PutRequest => ({
  key: bytes(key),
  value: bytes(value),
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
  ...more,
})
const rangeOf = (key: string, more: Partial<RangeRequest> = {}): RangeRequest => ({
  key: bytes(key),
  rangeEnd: NONE,
  limit: 0n,
  revision: 0n,
  sortOrder: 0,
  sortTarget: 0,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0n,
  maxModRevision: 0n,
  minCreateRevision: 0n,
  maxCreateRevision: 0n,
  ...more,
})
const putOp = (request: PutRequest): RequestOp => ({
  request: { $case: 'requestPut', value: request },
})
const nested = (success: readonly RequestOp[]): RequestOp => ({
  request: { $case: 'requestTxn', value: { compare: [], success, failure: [] } },
})

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

  it('leases: ids, raised and refused times', async () => {
    const { fullName, methods } = LeaseDefinition
    const grant = (TTL: bigint, ID = 0n) => caller.call(fullName, methods.leaseGrant, { TTL, ID })
    const short = await grant(-5n)
    assert.equal(short.TTL, 2n)
    assert.ok(short.ID > 0n)
    await refused(grant(9_000_000_001n), status.OUT_OF_RANGE, 'etcdserver: too large lease TTL')
    await grant(100n, 77n)
    await refused(grant(100n, 77n), status.FAILED_PRECONDITION, 'etcdserver: lease already exists')
    await refused(
      put(putOf('leased', '', { lease: 78n })),
      status.NOT_FOUND,
      'etcdserver: requested lease not found',
    )
    await refused(
      caller.call(fullName, methods.leaseRevoke, { ID: 78n }),
      status.NOT_FOUND,
      'etcdserver: requested lease not found',
    )
    const absent = await caller.call(fullName, methods.leaseTimeToLive, { ID: 78n, keys: true })
    assert.deepEqual([absent.TTL, absent.grantedTTL, absent.ID], [-1n, 0n, 78n])
  })

  it('keep-alives are answered one by one, in order; half-closing ends the stream', async () => {
    const { fullName, methods } = LeaseDefinition
    const stream = caller.stream(fullName, methods.leaseKeepAlive)
    for (const ID of [77n, 5n, 77n]) stream.write({ ID })
    stream.end()
    const seen: LeaseKeepAliveResponse[] = []
    for await (const answer of stream) seen.push(answer)
    assert.deepEqual(
      seen.map(({ ID, TTL }) => [ID, TTL]),
      [
        [77n, 100n],
        [5n, 0n],
        [77n, 100n],
      ],
    )
  })

  it('a watch survives its client’s half-close, and passes cancels by id', async () => {
    const { fullName, methods } = WatchDefinition
    const stream = caller.stream(fullName, methods.watch)
    stream.on('error', () => {})
    const seen: WatchResponse[] = []
    let wake = () => {}
    stream.on('data', (response: WatchResponse) => {
      seen.push(response)
      wake()
    })
    const until = async (count: number) => {
      while (seen.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    const create = {
      key: bytes('w'),
      rangeEnd: NONE,
      startRevision: 0n,
      progressNotify: false,
      filters: [],
      prevKv: true,
      watchId: 0n,
      fragment: false,
    }
    stream.write({ requestUnion: { $case: 'createRequest', value: create } })
    stream.write({ requestUnion: { $case: 'createRequest', value: { ...create, watchId: 9n } } })
    stream.write({ requestUnion: undefined })
    stream.write({ requestUnion: { $case: 'cancelRequest', value: { watchId: 9n } } })
    stream.end()
    await until(3)
    await put(putOf('w', '1'))
    await until(4)
    assert.deepEqual(
      seen.map((r) => [r.watchId, r.created, r.canceled, r.events.length]),
      [
        [0n, true, false, 0],
        [9n, true, false, 0],
        [9n, false, true, 0],
        [0n, false, false, 1],
      ],
    )
    stream.cancel()
  })

  it('status, alarms, members, authentication, health', async () => {
    const { fullName, methods } = MaintenanceDefinition
    const told = await caller.call(fullName, methods.status, {})
    assert.equal(told.version, '3.6.5')
    assert.equal(told.leader, memberId('demo', 'n1'))
    assert.deepEqual([told.errors, told.dbSize, told.dbSizeInUse], [[], 4096n, 1024n])
    assert.ok(told.raftIndex >= told.raftAppliedIndex && told.raftAppliedIndex > 0n)
    const alarms = await caller.call(fullName, methods.alarm, {
      action: 0,
      memberID: 0n,
      alarm: 0,
    })
    assert.deepEqual(alarms.alarms, [])

    const list = ClusterDefinition.methods.memberList
    const { members, header } = await caller.call(ClusterDefinition.fullName, list, {
      linearizable: true,
    })
    assert.deepEqual(
      members.map(({ name, clientURLs, ID }) => [name, clientURLs, ID]),
      [['n1', ['http://127.0.0.1:2379'], memberId('demo', 'n1')]],
    )
    assert.equal(header?.revision, 0n)

    const auth = AuthDefinition.methods
    const login = { name: 'root', password: 'x' }
    await refused(
      caller.call(AuthDefinition.fullName, auth.authenticate, login),
      status.FAILED_PRECONDITION,
      'etcdserver: authentication is not enabled',
    )
    const { enabled } = await caller.call(AuthDefinition.fullName, auth.authStatus, {})
    assert.equal(enabled, false)

    const health = HealthDefinition.methods.check
    const check = (service: string) => caller.call(HealthDefinition.fullName, health, { service })
    assert.equal((await check('')).status, 1)
    await refused(check('nobody'), status.NOT_FOUND, 'unknown service')
  })

  it('what is not offered is named', async () => {
    const { fullName, methods } = MaintenanceDefinition
    await refused(
      caller.call(fullName, methods.defragment, {}),
      status.UNIMPLEMENTED,
      'method Defragment not implemented',
    )
    await refused(
      caller.call(LockDefinition.fullName, LockDefinition.methods.lock, { name: NONE, lease: 0n }),
      status.UNIMPLEMENTED,
      'method Lock not implemented',
    )
    const everything = [...Object.values(AuthDefinition.methods)].filter(
      ({ name }) => name !== 'Authenticate' && name !== 'AuthStatus',
    )
    for (const method of everything) {
      const empty = method.requestType.decode(NONE) as never
      const { code, details } = await caller.failure(
        caller.call(AuthDefinition.fullName, method as never, empty),
      )
      assert.deepEqual(
        [code, details],
        [status.UNIMPLEMENTED, `method ${method.name} not implemented`],
      )
    }
  })

  it('counts calls by kind and by what clients say of themselves', async (context: TestContext) => {
    const meter = new MeterBook()
    const counting = await openDoorOver(door.chainfire, { meter })
    const other = new GrpcCaller(`127.0.0.1:${counting.port}`)
    context.after(async () => {
      other.close()
      await counting.close()
    })
    const read = (fields?: Record<string, string>) =>
      other.call(KV, kv.range, rangeOf('a', { serializable: true }), fields)
    await read()
    await read({ 'client-api-version': '3.5' })
    await read({ 'client-api-version': '3.5' })
    for (let i = 0; i < 40; i++) await read({ 'client-api-version': `9.${i}` })
    await read({ 'client-api-version': '"} 1' })
    const seen = meter.read().counters.filter(([name]) => name.includes('client_requests'))
    const of = (version: string) =>
      seen.find(
        ([name]) =>
          name ===
          `etcd_server_client_requests_total{type="unary",client_api_version="${version}"}`,
      )?.[1]
    assert.equal(of('3.5'), 2)
    assert.equal(of('9.0'), 1)
    assert.equal(seen.length, 32, 'a client cannot make as many counters as it likes')
    assert.equal(
      seen.reduce((sum, [, by]) => sum + by, 0),
      44,
    )
    assert.ok((of('unknown') ?? 0) > 1)
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
