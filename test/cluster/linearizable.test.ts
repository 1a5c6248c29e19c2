/**
 * A real cluster, judged from outside like any other: clients at every node read, write and swap a few
 * keys while one node after the other is killed, and nothing but times and answers tells whether there
 * is an order of their calls that explains every answer.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, type PlasmaClient } from '../../src/client/connect.ts'
import { CallFailed } from '../../src/client/failure.ts'
import { textOf } from '../../src/client/shapes.ts'
import { type RegisterCall, searchLinearization } from '../sim/search.ts'
import { TestCluster } from '../support/cluster.ts'

const KEYS = ['a', 'b', 'c', 'd']
const CLIENTS = 6
const CALL_MS = 3000

describe('three nodes, killed in turn', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.start()
    await cluster.leader()
  })
  after(() => cluster?.stop())

  it('answer as one copy of the data would', async () => {
    const past = new Past()
    let ended = false
    const clients = Array.from({ length: CLIENTS }, async (_, i) => {
      const endpoint = cluster.node(i % cluster.nodes.length).endpoint
      const client = connect({ endpoints: [endpoint], timeoutMs: CALL_MS })
      for (let n = 0; !ended; n++) await past.call(client, `${i}.${n}`, i + n)
      client.close()
    })
    for (const _ of cluster.nodes) {
      await past.grow(60)
      const victim = await cluster.leader()
      await cluster.kill(victim)
      await past.grow(60)
      await cluster.startNode(victim)
    }
    await past.grow(60)
    ended = true
    await Promise.all(clients)
    for (const key of KEYS) {
      const calls = past.of(key)
      assert.equal(
        searchLinearization(calls, 2_000_000),
        'linearizable',
        `${key}: ${past.tell(key)}`,
      )
    }
    assert.ok(KEYS.every((key) => past.of(key).some(({ action }) => action.type === 'read')))
  })
})

/** What clients did, and when, by key. */
class Past {
  readonly #calls = new Map<string, RegisterCall[]>()
  #answered = 0

  of(key: string): readonly RegisterCall[] {
    return this.#calls.get(key) ?? []
  }

  tell(key: string): string {
    return this.of(key)
      .map(({ invokeUs, returnUs, action }) => `${invokeUs}..${returnUs} ${JSON.stringify(action)}`)
      .join('\n')
  }

  /** Resolves once so many more calls were answered. */
  async grow(count: number): Promise<void> {
    const goal = this.#answered + count
    const deadline = performance.now() + 60_000
    while (this.#answered < goal) {
      assert.ok(performance.now() < deadline, `only ${this.#answered} of ${goal} calls answered`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** One call, drawn by `turn`: a read, a write, or a swap of what was read just before. */
  async call(client: PlasmaClient, value: string, turn: number): Promise<void> {
    const key = KEYS[turn % KEYS.length] as string
    if (turn % 3 === 0) await this.#write(key, value, client)
    const seen = await this.#read(key, client)
    if (turn % 3 === 1 && seen !== undefined) await this.#swap(key, seen, value, client)
  }

  async #write(key: string, value: string, { kv }: PlasmaClient): Promise<void> {
    const invokeUs = nowUs()
    const done = await outcome(kv.put(key, value))
    if (done.type === 'nothing') return
    const returnUs = done.type === 'answer' ? nowUs() : undefined
    this.#add(key, { invokeUs, returnUs, action: { type: 'write', value } })
  }

  async #read(key: string, { kv }: PlasmaClient): Promise<string | undefined> {
    const invokeUs = nowUs()
    const done = await outcome(kv.get(key))
    if (done.type !== 'answer') return undefined
    const found = done.value.kvs[0]
    const value = found && textOf(found.value)
    this.#add(key, { invokeUs, returnUs: nowUs(), action: { type: 'read', value } })
    return value
  }

  async #swap(key: string, from: string, to: string, { kv }: PlasmaClient): Promise<void> {
    const invokeUs = nowUs()
    const compare = [{ key, target: 'value', is: '=', to: from }] as const
    const done = await outcome(kv.txn({ compare, success: [{ op: 'put', key, value: to }] }))
    if (done.type === 'nothing') return
    const isAnswer = done.type === 'answer'
    const action = {
      type: 'cas',
      from,
      to,
      done: isAnswer ? done.value.succeeded : undefined,
    } as const
    this.#add(key, { invokeUs, returnUs: isAnswer ? nowUs() : undefined, action })
  }

  #add(key: string, call: RegisterCall): void {
    this.#calls.set(key, [...this.of(key), call])
    if (call.returnUs !== undefined) this.#answered++
  }
}

type Outcome<T> =
  | { readonly type: 'answer'; readonly value: T }
  | { readonly type: 'unknown' }
  | { readonly type: 'nothing' }

async function outcome<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { type: 'answer', value: await call }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    // A node that is down refuses at once: not a thousand times a second.
    await new Promise((resolve) => setTimeout(resolve, 50))
    return { type: error.outcome === 'unknown' ? 'unknown' : 'nothing' }
  }
}

const nowUs = (): number => Math.round(performance.now() * 1000)
