/** The client against real doors: its calls, and what it does when an endpoint fails. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Chainfire, Unavailable } from '../../src/actors/chainfire.ts'
import { connect, type PlasmaClient } from '../../src/client/connect.ts'
import { CallFailed } from '../../src/client/failure.ts'
import { textOf } from '../../src/client/shapes.ts'
import type { WatchBatch } from '../../src/client/watch.ts'
import { freePorts } from '../support/ports.ts'
import { openDoorOver, type RunningDoor, runDoor } from '../support/running-door.ts'

const failureOf = async (call: Promise<unknown>): Promise<CallFailed> => {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof CallFailed, String(error))
    return error
  }
  assert.fail('the call succeeded')
}

describe('the client', { timeout: 30_000 }, () => {
  let door: RunningDoor
  let client: PlasmaClient
  before(async () => {
    door = await runDoor()
    client = connect({ endpoints: [`http://${door.endpoint}`] })
  })
  after(async () => {
    client.close()
    await door.close()
  })

  it('gets what it put, by key and by prefix', async () => {
    const { revision } = await client.kv.put('fruit/apple', 'red')
    await client.kv.put('fruit/pear', 'green')
    const { kvs } = await client.kv.get('fruit/apple')
    assert.deepEqual(
      kvs.map((kv) => [textOf(kv.key), textOf(kv.value), kv.modRevision, kv.lease]),
      [['fruit/apple', 'red', revision, 0n]],
    )
    const all = await client.kv.get('fruit/', { prefix: true, limit: 1 })
    assert.deepEqual([all.kvs.length, all.count, all.more], [1, 2, true])
    const everything = await client.kv.get('', { prefix: true, countOnly: true })
    assert.ok(everything.count >= 2)
    assert.equal((await client.kv.delete('fruit/', { prefix: true })).deleted, 2)
  })

  it('transacts', async () => {
    const create = () =>
      client.kv.txn({
        compare: [{ key: 'once', target: 'create', is: '=', to: 0 }],
        success: [{ op: 'put', key: 'once', value: 'mine' }],
        failure: [{ op: 'get', key: 'once' }],
      })
    assert.equal((await create()).succeeded, true)
    const lost = await create()
    assert.equal(lost.succeeded, false)
    const response = lost.responses[0]?.response
    assert.ok(response?.$case === 'responseRange')
    assert.equal(textOf(response.value.kvs[0]?.value as Uint8Array), 'mine')
  })

  it('leases', async () => {
    const { id, ttl } = await client.lease.grant(60)
    assert.equal(ttl, 60)
    await client.kv.put('leased', 'x', { lease: id })
    assert.equal(await client.lease.keepAlive(id), 60)
    const left = await client.lease.timeToLive(id, { keys: true })
    assert.deepEqual([left.grantedTtl, left.keys.map(textOf)], [60, ['leased']])
    assert.deepEqual(await client.lease.list(), [id])
    await client.lease.revoke(id)
    assert.equal(await client.lease.keepAlive(id), 0)
    assert.equal((await client.kv.get('leased')).count, 0)
  })

  it('says who leads', async () => {
    const [member] = await client.cluster.members()
    const told = await client.cluster.status()
    assert.deepEqual([told.version, told.leaderId], ['3.6.5', member?.ID])
  })

  it('a refusal has code, text and outcome', async () => {
    const failure = await failureOf(client.kv.get('a', { revision: 1_000_000 }))
    assert.deepEqual(
      [failure.codeName, failure.message, failure.outcome],
      ['OUT_OF_RANGE', 'etcdserver: mvcc: required revision is a future revision', 'refused'],
    )
  })

  it('a watch past the compaction ends with an error', async () => {
    await client.kv.put('c', '1')
    const { revision } = await client.kv.put('c', '2')
    await client.kv.compact(revision)
    const watch = client.watch('c', { startRevision: 2 })
    const rest = async () => {
      for await (const _batch of watch);
    }
    assert.match((await failureOf(rest())).message, /^the revisions up to \d+ are compacted$/)
  })
})

describe('when endpoints fail', { timeout: 30_000 }, () => {
  it('reads and writes go to the next one when there is no connection', async () => {
    const [nobody] = await freePorts(1)
    const door = await runDoor()
    const client = connect({ endpoints: [`127.0.0.1:${nobody}`, door.endpoint] })
    const { revision } = await client.kv.put('a', '1')
    assert.equal(revision, 2)
    assert.equal((await client.kv.get('a')).count, 1)
    client.close()
    await door.close()
  })

  it('a write whose outcome is unknown is not tried again; a read is', async () => {
    const door = await runDoor()
    let asked = 0
    const failing = (unavailable: Unavailable): Chainfire => ({
      ...door.chainfire,
      write: async () => {
        asked++
        return { ok: false, unavailable }
      },
      range: async () => {
        asked++
        return { ok: false, unavailable }
      },
    })
    const lost = await openDoorOver(failing('leader-changed'))
    const bad = `127.0.0.1:${lost.port}`
    const client = connect({ endpoints: [bad, door.endpoint] })
    const failure = await failureOf(client.kv.put('a', '1'))
    assert.deepEqual(
      [failure.outcome, failure.endpoint, failure.message],
      ['unknown', bad, 'etcdserver: leader changed'],
    )
    assert.equal(asked, 1)
    assert.equal((await client.kv.get('a')).count, 0)
    assert.equal(asked, 2)
    client.close()

    const leaderless = await openDoorOver(failing('no-leader'))
    const other = connect({ endpoints: [`127.0.0.1:${leaderless.port}`, door.endpoint] })
    assert.equal((await other.kv.put('a', '1')).revision, 2)
    other.close()
    await lost.close()
    await leaderless.close()
    await door.close()
  })

  it('a watch goes on elsewhere, without a gap and without saying anything twice', async () => {
    const door = await runDoor()
    const first = await openDoorOver(door.chainfire)
    const client = connect({ endpoints: [`127.0.0.1:${first.port}`, door.endpoint] })
    const writer = connect({ endpoints: [door.endpoint] })
    const ending = new AbortController()
    const seen: number[] = []
    const heard: Promise<void>[] = []
    const watch: AsyncGenerator<WatchBatch> = client.watch('w', { signal: ending.signal })
    const created = watch.next()
    assert.equal((await created).value?.created, true)
    heard.push(
      (async () => {
        for await (const { events } of watch) {
          for (const { kv } of events) seen.push(Number(textOf(kv.value)))
          if (seen.length === 6) ending.abort()
        }
      })(),
    )
    for (let i = 0; i < 3; i++) await writer.kv.put('w', String(i))
    await first.close()
    for (let i = 3; i < 6; i++) await writer.kv.put('w', String(i))
    await Promise.all(heard)
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5])
    client.close()
    writer.close()
    await door.close()
  })
})
