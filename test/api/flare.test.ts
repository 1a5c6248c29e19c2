/** `flaredb.v1` over scripted regions: fields as its file says, and a code and a text for what is refused. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { status } from '@grpc/grpc-js'
import {
  AdminDefinition,
  KvCasDefinition,
  KvDefinition,
  KvRawDefinition,
  NamespaceMode,
  TxnDefinition,
} from '../../src/wire/proto/flaredb/v1/flaredb.ts'
import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/wire/proto/grpc/health/v1/health.ts'
import {
  ServerReflectionDefinition,
  type ServerReflectionResponse,
} from '../../src/wire/proto/grpc/reflection/v1/reflection.ts'
import { type FlareDoor, openFlareDoor } from '../support/flare-door.ts'
import { GrpcCaller } from '../support/grpc-caller.ts'
import { key, text } from '../support/scripted-regions.ts'

const NONE = new Uint8Array(0)
const namespace = ''
const session = undefined
const KV = KvDefinition
const CAS = KvCasDefinition

describe('flaredb.v1', { timeout: 20_000 }, () => {
  let door: FlareDoor
  let caller: GrpcCaller
  before(async () => {
    door = await openFlareDoor('m')
    caller = new GrpcCaller(door.endpoint)
  })
  after(async () => {
    caller.close()
    await door.close()
  })

  const put = (name: string, value = name, more: object = {}) => {
    const request = { namespace, key: key(name), value: key(value), ttlMs: 0n, session, ...more }
    return caller.call(KV.fullName, KV.methods.put, request)
  }
  const cas = (name: string, value: string, expectedVersion: bigint) => {
    const request = { key: key(name), value: key(value), expectedVersion, namespace, session }
    return caller.call(CAS.fullName, CAS.methods.compareAndSwap, { ...request, ttlMs: 0n })
  }
  const refused = async (call: Promise<unknown>, code: number, details: RegExp) => {
    const failure = await caller.failure(call)
    assert.equal(failure.code, code, failure.details)
    assert.match(failure.details, details)
  }

  it('KvCas: versions are compared, and told when they differ', async () => {
    const made = await cas('c', '1', 0n)
    assert.equal(made.success, true)
    assert.ok(made.newVersion > 0n)
    const again = await cas('c', '2', 0n)
    assert.deepEqual(again, { success: false, currentVersion: made.newVersion, newVersion: 0n })
    const got = await caller.call(CAS.fullName, CAS.methods.get, { key: key('c'), namespace })
    assert.deepEqual([got.found, text(got.value), got.version], [true, '1', made.newVersion])
    const gone = { key: key('c'), expectedVersion: made.newVersion, namespace, session }
    const wrong = { ...gone, expectedVersion: 1n }
    assert.deepEqual(await caller.call(CAS.fullName, CAS.methods.delete, wrong), {
      success: false,
      currentVersion: made.newVersion,
    })
    assert.equal((await caller.call(CAS.fullName, CAS.methods.delete, gone)).success, true)
    const none = await caller.call(CAS.fullName, CAS.methods.get, { key: key('c'), namespace })
    assert.equal(none.found, false)
    await refused(
      caller.call(CAS.fullName, CAS.methods.delete, { ...gone, expectedVersion: 0n }),
      status.INVALID_ARGUMENT,
      /^flaredb: invalid: expected_version is 0: .*Kv\.Delete$/,
    )
  })

  it('KvCas.Scan: keys, values and versions beside each other, with where to go on', async () => {
    for (const name of ['s1', 's2', 's3']) await put(name)
    const range = { startKey: key('s'), endKey: key('t'), limit: 2, namespace }
    const page = await caller.call(CAS.fullName, CAS.methods.scan, range)
    assert.deepEqual(page.keys.map(text), ['s1', 's2'])
    assert.deepEqual(page.values.map(text), ['s1', 's2'])
    assert.deepEqual([page.versions.length, page.hasMore, text(page.nextKey)], [2, true, 's3'])
    const rest = { ...range, startKey: page.nextKey }
    const last = await caller.call(CAS.fullName, CAS.methods.scan, rest)
    assert.deepEqual([last.keys.map(text), last.hasMore, last.nextKey.length], [['s3'], false, 0])
  })

  it('Kv: batches tell each region’s part; ranges are deleted and summed up', async () => {
    const ops = ['b1', 'z1', 'b2'].map((name) => ({
      key: key(name),
      action: { $case: 'put' as const, value: key('x') },
      ttlMs: 0n,
      expectedVersion: name === 'z1' ? 99n : undefined,
    }))
    const done = await caller.call(KV.fullName, KV.methods.batch, { namespace, ops, session })
    assert.deepEqual(
      done.parts.map(({ ops: at, outcome }) => [at, outcome?.$case]),
      [
        [[0, 2], 'written'],
        [[1], 'mismatch'],
      ],
    )
    const range = { namespace, startKey: key('b'), endKey: key('c') }
    const sum = await caller.call(KV.fullName, KV.methods.checksum, { ...range, at: 0n })
    assert.deepEqual([sum.rows, sum.at > 0n], [2n, true])
    const gone = await caller.call(KV.fullName, KV.methods.deleteRange, { ...range, limit: 1 })
    assert.deepEqual([gone.deleted, gone.hasMore, text(gone.nextKey)], [1n, true, 'b2'])
  })

  it('Txn: begin is a timestamp; reads name it', async () => {
    const { fullName, methods } = TxnDefinition
    const [one, two] = [
      await caller.call(fullName, methods.begin, {}),
      await caller.call(fullName, methods.begin, {}),
    ]
    assert.ok(two.start > one.start)
    await put('t')
    const got = { namespace, keys: [key('t')], at: two.start }
    assert.equal((await caller.call(fullName, methods.get, got)).rows.length, 1)
    await refused(
      caller.call(fullName, methods.get, { ...got, at: 0n }),
      status.INVALID_ARGUMENT,
      /give that of the transaction/,
    )
  })

  it('Admin: namespaces, regions, stores, timestamps', async () => {
    const { fullName, methods } = AdminDefinition
    const { namespaces } = await caller.call(fullName, methods.namespaces, { name: '' })
    assert.deepEqual(
      namespaces.map(({ name, mode, maxBytes }) => [name, mode, maxBytes]),
      [['default', NamespaceMode.STRONG, 1n << 30n]],
    )
    const page = await caller.call(fullName, methods.regions, { namespace, from: 0n, limit: 0 })
    assert.deepEqual(
      page.regions.map(({ id, endKey, leader, peers }) => [id, text(endKey), leader, peers.length]),
      [
        [1n, 'm', 'n1', 3],
        [2n, '', 'n2', 3],
      ],
    )
    const { stores, driver } = await caller.call(fullName, methods.stores, {})
    assert.deepEqual([stores.length, stores[0]?.labels, driver], [3, { zone: 'z1' }, 'n1'])
    const drawn = await caller.call(fullName, methods.timestamps, { count: 5 })
    assert.equal(drawn.count, 5)
    const next = await caller.call(fullName, methods.timestamps, { count: 0 })
    assert.ok(next.first >= drawn.first + 5n)
    await refused(
      caller.call(fullName, methods.createNamespace, { name: 'No!', mode: 0 }),
      status.INVALID_ARGUMENT,
      /cannot be named "No!"/,
    )
    await refused(
      caller.call(fullName, methods.createNamespace, { name: 'default', mode: 0 }),
      status.ALREADY_EXISTS,
      /^flaredb: exists: /,
    )
    await refused(
      caller.call(fullName, methods.setStore, { name: 'n9', state: 1 }),
      status.NOT_FOUND,
      /^flaredb: not-found: there is no store n9$/,
    )
  })

  it('limits: keys, values, batches and pages have sizes, and the text says which', async () => {
    const long = 'x'.repeat(8193)
    await refused(put(''), status.INVALID_ARGUMENT, /the key is empty/)
    await refused(put(long), status.INVALID_ARGUMENT, /the key has 8193 bytes; 8192 at most/)
    await put('limit', 'v'.repeat(1024 * 1024))
    await refused(put('limit', 'v'.repeat(1024 * 1024 + 1)), 3, /the value has 1048577 bytes/)
    const op = { key: key('d'), action: { $case: 'put' as const, value: NONE }, ttlMs: 0n }
    const batch = (ops: (typeof op)[]) =>
      caller.call(KV.fullName, KV.methods.batch, { namespace, ops, session })
    await refused(batch([]), status.INVALID_ARGUMENT, /there are no operations/)
    await refused(batch([op, op]), status.INVALID_ARGUMENT, /the key "d" is written twice/)
    const many = Array.from({ length: 10_241 }, (_, i) => ({ ...op, key: key(`${i}`) }))
    await refused(batch(many), status.INVALID_ARGUMENT, /10241 operations are too many/)
    const scan = { namespace, startKey: NONE, endKey: NONE, limit: 10_241 }
    const request = { ...scan, reverse: false, keysOnly: false, at: 0n }
    await refused(
      caller.call(KV.fullName, KV.methods.scan, request),
      status.INVALID_ARGUMENT,
      /a limit of 10241 is too high; 10240 at most/,
    )
  })

  it('a namespace that is not there, or eventual, is refused by name', async () => {
    await refused(put('a', 'b', { namespace: 'nope' }), status.NOT_FOUND, /no namespace nope/)
    const fresh = await openFlareDoor()
    fresh.cluster.mode = 'eventual'
    const other = new GrpcCaller(fresh.endpoint)
    const request = { key: key('a'), value: NONE, expectedVersion: 0n, namespace, session }
    const failure = await caller.failure(
      other.call(CAS.fullName, CAS.methods.compareAndSwap, { ...request, ttlMs: 0n }),
    )
    assert.equal(failure.code, status.FAILED_PRECONDITION)
    assert.match(failure.details, /^flaredb: namespace-mode: namespace default is eventual/)
    other.close()
    await fresh.close()
    const raw = KvRawDefinition
    await refused(
      caller.call(raw.fullName, raw.methods.rawPut, { key: key('a'), value: NONE, namespace }),
      status.FAILED_PRECONDITION,
      /^flaredb: namespace-mode: namespace default is strong: use Kv or KvCas/,
    )
    const { fullName, methods } = AdminDefinition
    await refused(
      caller.call(fullName, methods.createNamespace, { name: 'e', mode: NamespaceMode.EVENTUAL }),
      status.UNIMPLEMENTED,
      /eventual namespaces are not served yet/,
    )
  })

  it('health: FlareDB serves while it can draw timestamps; Watch tells when that changes', async () => {
    const { fullName, methods } = HealthDefinition
    const check = (service: string) => caller.call(fullName, methods.check, { service })
    for (const name of ['', 'flaredb.v1', 'flaredb.v1.KvCas']) {
      assert.equal((await check(name)).status, Serving.SERVING)
    }
    await refused(check('flaredb.v1.None'), status.NOT_FOUND, /unknown service/)
    door.cluster.meddle = (to) => (to.kind === 'timestamp-oracle' ? 'unreachable' : undefined)
    assert.equal((await check('flaredb.v1')).status, Serving.NOT_SERVING)
    const watch = caller.stream(fullName, methods.watch)
    watch.on('error', () => {})
    watch.write({ service: 'flaredb.v1' })
    const [first] = await once(watch, 'data')
    assert.equal(first.status, Serving.NOT_SERVING)
    door.cluster.meddle = () => undefined
    const [second] = await once(watch, 'data')
    assert.equal(second.status, Serving.SERVING)
    watch.cancel()
  })

  it('reflection: services are listed, and their descriptors say what the file says', async () => {
    const { fullName, methods } = ServerReflectionDefinition
    const stream = caller.stream(fullName, methods.serverReflectionInfo)
    const answers: ServerReflectionResponse['messageResponse'][] = []
    stream.on('data', (response: ServerReflectionResponse) =>
      answers.push(response.messageResponse),
    )
    for (const messageRequest of [
      { $case: 'listServices' as const, value: '' },
      { $case: 'fileContainingSymbol' as const, value: 'flaredb.v1.KvCas.CompareAndSwap' },
      { $case: 'fileContainingSymbol' as const, value: 'etcdserverpb.RangeRequest' },
      { $case: 'fileByFilename' as const, value: 'none.proto' },
    ]) {
      stream.write({ host: '', messageRequest })
    }
    stream.end()
    await once(stream, 'end')
    const [list, cas, etcd, none] = answers
    assert.ok(list?.$case === 'listServicesResponse')
    const names = list.value.service.map(({ name }) => name)
    assert.ok(names.includes('flaredb.v1.KvCas') && names.includes('etcdserverpb.KV'), `${names}`)
    assert.ok(cas?.$case === 'fileDescriptorResponse' && etcd?.$case === 'fileDescriptorResponse')
    const inFile = (descriptor: Uint8Array | undefined, word: string): boolean =>
      Buffer.from(descriptor ?? NONE).includes(word)
    assert.ok(inFile(cas.value.fileDescriptorProto[0], 'expected_version'))
    assert.equal(etcd.value.fileDescriptorProto.length, 3, 'with what it imports')
    assert.ok(none?.$case === 'errorResponse')
    assert.equal(none.value.errorCode, status.NOT_FOUND)
  })

  it('a write whose answer is lost is UNKNOWN, and says so', async () => {
    door.cluster.meddle = (to) => (to.kind === 'region' ? 'done-silent' : undefined)
    await refused(put('lost'), status.UNKNOWN, /^flaredb: undetermined: .*read before writing/)
    door.cluster.meddle = () => undefined
  })
})
