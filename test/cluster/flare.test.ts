/** FlareDB on three processes: every node answers for every key; nothing acknowledged is lost with a leader. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  Conflict,
  connect,
  type FlareClient,
  type Region,
  textOf,
  Undetermined,
  VersionMismatch,
} from '../../src/client/flare/index.ts'
import { finish } from '../support/child.ts'
import { TestCluster, until } from '../support/cluster.ts'

const ACCOUNTS = 8
const EACH = 100

describe('FlareDB on three nodes', { timeout: 120_000 }, () => {
  let cluster: TestCluster
  let clients: FlareClient[]
  let all: FlareClient

  before(async () => {
    cluster = await TestCluster.start()
    clients = cluster.endpoints.map((endpoint) => connect({ endpoints: [endpoint] }))
    all = connect({ endpoints: cluster.endpoints })
    // The first namespace comes to be when its stores are known.
    await all.namespace().put('first', '1', { timeoutMs: 30_000 })
  })
  after(async () => {
    for (const client of [...clients, all]) client.close()
    await cluster.stop()
  })

  const client = (i: number): FlareClient => clients[i] as FlareClient

  async function regions(): Promise<Region[]> {
    const found: Region[] = []
    for await (const region of all.admin.regions('default')) found.push(region)
    return found
  }

  /** The number of the node that leads a region. */
  async function leaderOf(region: bigint): Promise<number> {
    let leader = -1
    await until(
      20_000,
      () => `nobody leads region ${region}`,
      async () => {
        const found = (await regions()).find(({ id }) => id === region)
        leader = cluster.nodes.findIndex(({ name }) => name === found?.leader)
        return leader >= 0
      },
    )
    return leader
  }

  it('put, compare-and-swap and scan through every node, read at every other', async () => {
    for (const writer of [0, 1, 2]) {
      const version = await client(writer).namespace().put('greeting', `from ${writer}`)
      for (const reader of [0, 1, 2]) {
        const row = await client(reader).namespace().get('greeting')
        assert.deepEqual([row && textOf(row.value), row?.version], [`from ${writer}`, version])
      }
    }
    const created = await client(0).namespace().cas('counter', '0', 0n)
    await assert.rejects(client(1).namespace().cas('counter', '0', 0n), VersionMismatch)
    const next = await client(2).namespace().cas('counter', '1', created)
    assert.ok(next > created)
    for (let i = 0; i < 20; i++)
      await client(i % 3)
        .namespace()
        .put(`scan/${String(i).padStart(2, '0')}`, `${i}`)
    for (const reader of [0, 1, 2]) {
      const seen: string[] = []
      for await (const row of client(reader).namespace().scan({ prefix: 'scan/', limit: 7 })) {
        seen.push(textOf(row.value))
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, i) => `${i}`),
      )
    }
  })

  it('after a split the keys are where they were, and a batch over both parts tells of each', async () => {
    const ns = client(1).namespace()
    const before = await ns.checksum()
    await leaderOf(1n)
    await all.admin.split(1n, ['n'])
    await until(
      20_000,
      () => 'the region is not split',
      async () => (await regions()).length === 2,
    )
    const { rows, hash } = await client(2).namespace().checksum()
    assert.deepEqual([rows, hash], [before.rows, before.hash])
    const parts = await ns.batch([
      { op: 'put', key: 'a-part', value: '1' },
      { op: 'put', key: 'z-part', value: '1' },
    ])
    assert.deepEqual(
      parts.map(({ ops, error }) => [ops, error]),
      [
        [[0], undefined],
        [[1], undefined],
      ],
    )
  })

  it('transactions move money over both regions; every snapshot has all of it, a leader dies meanwhile', async () => {
    const account = (i: number): string => `${i % 2 === 0 ? 'a' : 'z'}-account-${i}`
    await all.transact(async (txn) => {
      for (let i = 0; i < ACCOUNTS; i++) txn.namespace().put(account(i), `${EACH}`)
    })
    const total = async (db: FlareClient): Promise<number> => {
      const keys = Array.from({ length: ACCOUNTS }, (_, i) => account(i))
      const { value } = await db.transact(async (txn) => txn.namespace().getMany(keys))
      return value.reduce((sum, row) => sum + Number(textOf(row.value)), 0)
    }
    let running = true
    let moved = 0
    const transfer = async (db: FlareClient, from: number, to: number): Promise<void> => {
      await db.transact(
        async (txn) => {
          const ns = txn.namespace()
          const [a, b] = await ns.getMany([account(from), account(to)])
          ns.put(account(from), `${Number(textOf(a?.value as Uint8Array)) - 1}`)
          ns.put(account(to), `${Number(textOf(b?.value as Uint8Array)) + 1}`)
        },
        { tries: 50 },
      )
    }
    const clerk = async (number: number): Promise<void> => {
      for (let i = number; running; i++) {
        try {
          await transfer(all, i % ACCOUNTS, (i * 3 + 1) % ACCOUNTS)
          moved++
        } catch (error) {
          // Open or given up, never half done: the auditor sees to that.
          if (!(error instanceof Undetermined || error instanceof Conflict)) throw error
        }
      }
    }
    let audits = 0
    const auditor = async (): Promise<void> => {
      while (running) {
        assert.equal(await total(all), ACCOUNTS * EACH)
        audits++
      }
    }
    const work = Promise.all([clerk(0), clerk(1), clerk(2), auditor()])
    const victim = await leaderOf(1n)
    await until(
      20_000,
      () => 'nothing moves',
      () => moved >= 20,
    )
    await cluster.kill(victim)
    const movedThen = moved
    await until(
      20_000,
      () => 'nothing moves without the leader',
      () => moved >= movedThen + 20,
    )
    await cluster.startNode(victim)
    const movedAgain = moved
    await until(
      20_000,
      () => 'nothing moves with it again',
      () => moved >= movedAgain + 20,
    )
    running = false
    await work
    assert.ok(audits > 3)
    for (const db of clients) assert.equal(await total(db), ACCOUNTS * EACH)
  })

  it('kill -9 of a leader under load: what was acknowledged is there, each write once', async () => {
    const ns = all.namespace()
    const acknowledged = new Map<string, bigint>()
    let running = true
    const writer = async (name: string): Promise<void> => {
      let version = 0n
      for (let i = 0; running; i++) {
        // Each swap builds on the last: a write done twice, or lost, breaks the chain.
        version = await ns.cas(`chain/${name}`, `${i}`, version)
        acknowledged.set(name, version)
      }
    }
    const work = Promise.all(['a', 'b', 'c', 'd'].map(writer))
    await until(
      20_000,
      () => 'nothing is written',
      () => acknowledged.size === 4,
    )
    const victim = await leaderOf(1n)
    await cluster.kill(victim)
    const stood = new Map(acknowledged)
    await until(
      20_000,
      () => 'writes do not go on',
      () => [...acknowledged].every(([name, version]) => version > (stood.get(name) ?? 0n)),
    )
    await cluster.startNode(victim)
    running = false
    await work
    for (const [name, version] of acknowledged) {
      const row = await client(victim).namespace().get(`chain/${name}`, { timeoutMs: 20_000 })
      assert.equal(row?.version, version)
    }
  })

  it('flaredb speaks to any of them', async () => {
    const flaredb = join(import.meta.dirname, '../../bin/flaredb.js')
    for (const endpoint of cluster.endpoints) {
      const done = await finish(process.execPath, [
        flaredb,
        'get',
        'first',
        '--raw',
        '-e',
        endpoint,
      ])
      assert.deepEqual([done.code, done.stdout], [0, '1'], done.stderr)
    }
  })
})
