/** etcd's services beside KV: leases, watches, status, members, what is refused by name, what is counted. */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { status } from '@grpc/grpc-js'
import { memberId } from '../../src/api/etcd/ids.ts'
import { MeterBook } from '../../src/base/meter-book.ts'
import { AuthDefinition } from '../../src/wire/proto/etcdserverpb/auth.ts'
import { ClusterDefinition } from '../../src/wire/proto/etcdserverpb/cluster.ts'
import type { PutRequest } from '../../src/wire/proto/etcdserverpb/kv.ts'
import {
  LeaseDefinition,
  type LeaseKeepAliveResponse,
} from '../../src/wire/proto/etcdserverpb/lease.ts'
import { MaintenanceDefinition } from '../../src/wire/proto/etcdserverpb/maintenance.ts'
import { WatchDefinition, type WatchResponse } from '../../src/wire/proto/etcdserverpb/watch.ts'
import { HealthDefinition } from '../../src/wire/proto/grpc/health/v1/health.ts'
import { LockDefinition } from '../../src/wire/proto/v3lockpb/v3lock.ts'
import { GrpcCaller } from '../support/grpc-caller.ts'
import { bytes, KV, kv, NONE, putOf, rangeOf } from '../support/kv-requests.ts'
import { openDoorOver, type RunningDoor, runDoor } from '../support/running-door.ts'

describe('etcd services beside KV, over one node', { timeout: 30_000 }, () => {
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
  const put = (request: PutRequest) => caller.call(KV, kv.put, request)

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
})
