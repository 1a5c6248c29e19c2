/** Replicas compared as they lie on disk: equal while clients write, and the one that was tampered with is found. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { NodeName } from '../../src/base/ids.ts'
import { type Timestamp, timestamp } from '../../src/core/region/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import { sealRecord } from '../../src/storage/record.ts'
import { ALL_DATA } from '../../src/storage/region-keyspace.ts'
import type { Row } from '../../src/storage/store.ts'
import type {
  DigestFound,
  RegionDigestBegun,
  RegionDigestIs,
} from '../../src/wire/messages/region.ts'
import { FIRST, NAMESPACE, RegionCluster } from '../support/region-cluster.ts'
import { bytes } from '../support/requests.ts'

const KEYS = 2500

/** More than one page of rows. */
async function filled(): Promise<RegionCluster> {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  for (let i = 0; i < KEYS; i += 500) {
    const ops = Array.from({ length: 500 }, (_, j) => putOf(`k${String(i + j).padStart(5, '0')}`))
    await cluster.write({ op: 'write', ops, session: undefined })
  }
  return cluster
}

const putOf = (key: string) =>
  ({
    key: bytes(key),
    action: 'put',
    value: bytes(`of ${key}`),
    ttlMs: 0,
    expect: undefined,
  }) as const

async function begin(cluster: RegionCluster): Promise<number> {
  const leader = await cluster.serving()
  const epoch = cluster.peer(leader)?.status.descriptor.epoch
  const ask = { kind: 'region.digest-begin', epoch } as Message
  const begun = await cluster.askAt(leader, 'region', String(FIRST), ask)
  assert.equal(begun.kind, 'region.digest-begun', inspect(begun))
  return (begun as RegionDigestBegun).index
}

async function found(cluster: RegionCluster, name: NodeName, index: number): Promise<DigestFound> {
  const ask = { kind: 'region.digest', index } as Message
  return ((await cluster.askAt(name, 'region', String(FIRST), ask)) as RegionDigestIs).found
}

const all = async (cluster: RegionCluster): Promise<readonly DigestFound[]> => {
  const index = await begin(cluster)
  return await Promise.all(cluster.names.map((name) => found(cluster, name, index)))
}

/** Changes rows behind the back of everybody. */
async function tamper(
  cluster: RegionCluster,
  name: NodeName,
  change: (row: Row) => Row | undefined,
): Promise<void> {
  const { store } = cluster.node(name)
  const page = { rows: 10_000, bytes: 1e9 }
  const rows = await new Promise<readonly Row[]>((resolve) =>
    store.scan(ALL_DATA, page, (_, read) => resolve(read?.rows ?? [])),
  )
  const middle = rows[Math.floor(rows.length / 2)] as Row
  const changed = change(middle)
  const op =
    changed === undefined
      ? ({ type: 'delete', key: middle[0] } as const)
      : ({ type: 'put', key: changed[0], value: changed[1] } as const)
  await new Promise<void>((resolve) => store.commit([op], () => resolve()))
}

test('replicas have one hash, and the next has another', async () => {
  const cluster = await filled()
  const [first, ...others] = await all(cluster)
  assert.ok(first?.found === 'whole')
  assert.equal(first.rows, KEYS)
  for (const other of others) assert.deepEqual(other, first)
  await cluster.put('k00000', 'another value')
  const [next] = await all(cluster)
  assert.ok(next?.found === 'whole')
  assert.equal(next.rows, KEYS + 1)
  assert.notEqual(next.hash, first.hash)
})

test('while plain writes and transactions go on, begun and left behind', async () => {
  const cluster = await filled()
  let version = 0n
  for (let i = 0; i < 6; i++) {
    const key = bytes(`k0000${i}`)
    const written = await cluster.put(`k0000${i}`, `${i}`)
    if (written.op === 'written') version = written.version
    const start = timestamp(version)
    const mutations = [{ key, action: 'put', value: bytes('later') } as const]
    const primary = { start, primary: key, primaryNamespace: NAMESPACE, ttlMs: 60_000 }
    await cluster.write({ op: 'prewrite', ...primary, mutations, onePhase: false })
    const index = await begin(cluster)
    const asked = Promise.all(cluster.names.map((name) => found(cluster, name, index)))
    const commit = timestamp(version + 1n)
    if (i % 3 === 0) await cluster.write({ op: 'commit', start, commit, keys: [key] })
    if (i % 3 === 1) await cluster.write({ op: 'rollback', start, keys: [key] })
    for (let j = 0; j < 5; j++) await cluster.put(`k0${j}111`, `${i}`)
    const [first, ...others] = await cluster.answer(asked)
    assert.equal(first?.found, 'whole')
    for (const other of others) assert.deepEqual(other, first)
  }
})

test('old versions count until they may be collected, on whichever replica they still are', async () => {
  const cluster = await filled()
  const written = await cluster.put('k01000', 'newer')
  const safePoint = (written.op === 'written' ? written.version : 0n) as Timestamp
  const leader = await cluster.serving()
  cluster.tell(leader, 'region', String(FIRST), { kind: 'region.safe-point', safePoint } as Message)
  await cluster.until(
    () => cluster.peer(leader)?.state.safePoint === safePoint,
    'collection has begun',
  )
  const during = await all(cluster)
  await cluster.until(() => cluster.peer(leader)?.state.size.rows === KEYS, 'one version is gone')
  const later = await all(cluster)
  for (const each of [...during, ...later]) assert.deepEqual(each, during[0])
})

test('a value that one replica has otherwise, and a row that it has not, change its hash alone', async () => {
  const cluster = await filled()
  await cluster.world.advance(1000)
  const [, follower, last] = cluster.names as [NodeName, NodeName, NodeName]
  const [before] = await all(cluster)
  await tamper(cluster, follower, ([key, record]) => {
    const payload = record.slice(5)
    payload[payload.length - 1] = (payload.at(-1) as number) ^ 1
    return [key, sealRecord(key, payload)]
  })
  await tamper(cluster, last, () => undefined)
  const [first, second, third] = await all(cluster)
  assert.deepEqual(first, before)
  assert.ok(first?.found === 'whole' && second?.found === 'whole' && third?.found === 'whole')
  assert.equal(second.rows, KEYS)
  assert.notEqual(second.hash, first.hash)
  assert.equal(third.rows, KEYS - 1)
})

test('a record whose checksum is wrong is named, and its node goes on', async () => {
  const cluster = await filled()
  await cluster.world.advance(1000)
  const leader = await cluster.serving()
  const victim = cluster.names.find((name) => name !== leader) as NodeName
  await tamper(cluster, victim, ([key, record]) => {
    const broken = record.slice()
    broken[broken.length - 1] = (broken.at(-1) as number) ^ 1
    return [key, broken]
  })
  const index = await begin(cluster)
  const verdict = await found(cluster, victim, index)
  assert.ok(verdict.found === 'corrupt')
  assert.match(verdict.text, /corrupt record under .*k0\d{4}.*: the checksum differs/)
  assert.equal((await found(cluster, leader, index)).found, 'whole')
  await cluster.put('after', '1')
})

test('a digest that nobody remembers is over', async () => {
  const cluster = await filled()
  const index = await begin(cluster)
  const leader = await cluster.serving()
  assert.equal((await found(cluster, leader, index)).found, 'whole')
  assert.equal((await found(cluster, leader, index - 1)).found, 'over')
})
