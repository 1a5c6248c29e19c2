/** Real worker threads over a real store: crashes, replacement, messages between threads, clean stops. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { shardOfKey } from '../../../src/runtime/address.ts'
import type { ActorEvent } from '../../../src/runtime/host.ts'
import type { ShardPicture } from '../../../src/runtime/inspect.ts'
import { NodeShards, type NodeShardsOptions } from '../../../src/runtime/threads/node-shards.ts'
import { BATCH_RING } from '../../../src/storage/batch-ring.ts'
import { openLevelStore } from '../../../src/storage/level/level-store.ts'
import { add, type Count, vote } from '../support/toy-messages.ts'
import { toyParts } from '../support/toy-worker.ts'
import { at, N1 } from '../support/toys.ts'

const COUNTERS = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']
const WORKERS = 2
/** An answer that comes is waited for, however busy the machine and its disk are. */
const PATIENCE_MS = 60_000
/** A question that died with its thread is given up. */
const LOST_MS = 300

let directory = ''
let running: NodeShards | undefined
let events: { shard: number; event: ActorEvent }[] = []
let ends: string[] = []

async function start(options: Partial<NodeShardsOptions> = {}): Promise<NodeShards> {
  const config = { directory, counters: COUNTERS }
  running = await NodeShards.start({
    node: N1,
    workers: WORKERS,
    module: {
      filename: fileURLToPath(new URL('../support/toy-worker.ts', import.meta.url)),
      name: 'runShard',
    },
    config,
    parts: toyParts(config),
    faults: true,
    restart: { delayMs: 1, maxDelayMs: 10, intensity: 3, periodMs: 60_000 },
    onEvent: (shard, event) => events.push({ shard, event }),
    // A real node's process ends here.
    fatal: (reason) => ends.push(reason) as never,
    ...options,
  })
  return running
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plasma-threads-'))
  events = []
  ends = []
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  await rm(directory, { recursive: true, force: true })
})

async function addTo(node: NodeShards, key: string, n: number): Promise<number | undefined> {
  const outcome = await node.outside.ask(at('counter', key), add(n), PATIENCE_MS)
  return outcome.ok ? (outcome.message as Count).n : undefined
}

test('keyed actors live on the worker of their key and answer across threads', async () => {
  const node = await start()
  for (const key of COUNTERS) assert.equal(await addTo(node, key, 2), 2)
  for (const shard of [1, 2]) {
    const response = await node.request(shard, 'inspect')
    assert.ok(response.ok)
    const keys = (response.data as ShardPicture).actors
      .filter((actor) => actor.kind === 'counter')
      .map((actor) => actor.key)
    assert.deepEqual(
      keys,
      COUNTERS.filter((key) => shardOfKey(key, WORKERS) === shard),
    )
    assert.ok(keys.length > 0)
  }
})

test('a stopped node comes back with what it wrote', async () => {
  const node = await start()
  await addTo(node, 'c1', 5)
  await node.stop()
  const again = await start()
  assert.equal(await addTo(again, 'c1', 0), 5)
})

/** Adds ones to a counter until told to stop; knows what was acknowledged. */
class Load {
  acknowledged = 0
  failures = 0
  readonly #node: NodeShards
  readonly #key: string
  readonly #timeoutMs: number
  readonly #running: Promise<void>
  #stopped = false

  constructor(node: NodeShards, key: string, timeoutMs: number) {
    this.#node = node
    this.#key = key
    this.#timeoutMs = timeoutMs
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const where = at('counter', this.#key)
      const outcome = await this.#node.outside.ask(where, add(1), this.#timeoutMs)
      if (outcome.ok) this.acknowledged = (outcome.message as Count).n
      else this.failures++
    }
  }

  async acknowledgedBeyond(total: number): Promise<void> {
    while (this.acknowledged <= total) await new Promise((resolve) => setImmediate(resolve))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }
}

const keyOn = (shard: number): string => {
  const key = COUNTERS.find((it) => shardOfKey(it, WORKERS) === shard)
  assert.ok(key !== undefined)
  return key
}

test('R-19 a worker that crashes under load is replaced, loses nothing it acknowledged, and the other goes on', async () => {
  const node = await start()
  const doomed = new Load(node, keyOn(1), LOST_MS)
  const steady = new Load(node, keyOn(2), PATIENCE_MS)
  await doomed.acknowledgedBeyond(20)
  await steady.acknowledgedBeyond(20)
  const before = doomed.acknowledged
  await node.request(1, 'crash')
  await steady.acknowledgedBeyond(steady.acknowledged + 20)
  await doomed.acknowledgedBeyond(before + 20)
  await doomed.stop()
  await steady.stop()
  assert.equal(steady.failures, 0)
  assert.equal(node.crashes, 1)
  // Every acknowledged addition is in the total; one that was in flight may be.
  const total = await addTo(node, keyOn(1), 0)
  assert.ok(total !== undefined && total >= doomed.acknowledged)
  assert.ok(total <= doomed.acknowledged + doomed.failures)
})

test('R-19 a bug outside of any actor takes its shard alone', async () => {
  const node = await start()
  await addTo(node, keyOn(1), 7)
  await node.request(1, 'throw-outside')
  const load = new Load(node, keyOn(1), LOST_MS)
  await load.acknowledgedBeyond(7)
  await load.stop()
  assert.equal(node.crashes, 1)
  assert.deepEqual(ends, [])
})

test('R-19 a shard that crashes too often ends the node with one line', async () => {
  const node = await start({
    restart: { delayMs: 1, maxDelayMs: 1, intensity: 1, periodMs: 60_000 },
  })
  await node.request(1, 'crash')
  const load = new Load(node, keyOn(1), LOST_MS)
  await load.acknowledgedBeyond(0)
  await load.stop()
  await node.request(1, 'crash')
  while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(ends.length, 1)
  assert.match(ends[0] ?? '', /^shard 1 crashed too often, last by: /)
})

test('R-12 a fault injected into an actor costs that receive and nothing else', async () => {
  const node = await start()
  await addTo(node, keyOn(1), 3)
  const answer = await node.request(1, 'throw', { kind: 'counter', key: keyOn(1) })
  assert.deepEqual(answer, { ok: true, data: true })
  const hit = await node.outside.ask(at('counter', keyOn(1)), add(100), PATIENCE_MS)
  assert.deepEqual(hit, { ok: false, reason: 'failed' })
  assert.equal(await addTo(node, keyOn(1), 1), 4)
  const types = () =>
    events.filter(({ event }) => event.at.key === keyOn(1)).map((it) => it.event.type)
  // Answers come by the road between shards, events by the worker's own port: they may be overtaken.
  while (types().length < 3) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(types(), ['started', 'restarting', 'started'])
})

test('faults are refused where they are not allowed', async () => {
  const node = await start({ faults: false })
  const answers = await node.requestAll('crash')
  assert.deepEqual(
    answers.map((it) => it.ok),
    [false, false, false],
  )
})

test('R-18 messages go between worker threads directly, and back', async () => {
  const node = await start()
  node.outside.open(() => {}).send(at('relay', '1'), vote(100))
  for (;;) {
    const outcomes = await Promise.all(
      ['1', '2'].map((key) => node.outside.ask(at('relay', key), vote(0), PATIENCE_MS)),
    )
    const notes = outcomes.map((it) => (it.ok ? (it.message as Count).n : 0))
    // The questions are counted too.
    if (notes[0] !== undefined && notes[0] >= 51 && notes[1] !== undefined && notes[1] >= 50) break
  }
})

test('R-19 a worker hung in a turn is logged, and heard of again', async () => {
  const lines: string[] = []
  const say = (fields: object, sentence: string): void => {
    if ('shard' in fields && fields.shard === 1) lines.push(sentence)
  }
  const config = { directory, counters: COUNTERS }
  const log = { debug: say, info: say, warn: say, error: say }
  const node = await start({ watchdogMs: 400, parts: { ...toyParts(config), log } })
  await node.request(1, 'hang', 1200)
  while (!lines.includes('a shard answers again')) await new Promise((r) => setImmediate(r))
  assert.deepEqual(lines.slice(0, 2), ['a shard does not answer', 'a shard answers again'])
})

test('R-8 a worker whose ring has a gap ends the node with one line', async () => {
  const node = await start()
  // Each of these is a batch: the next add is sent when the one before is on disk.
  for (let i = 1; i <= 5; i++) assert.equal(await addTo(node, keyOn(1), 1), i)
  await node.stop()
  const store = await openLevelStore({ directory, sync: true })
  const lost = [{ type: 'delete', key: BATCH_RING.key(1, 4) }] as const
  const error = await new Promise((resolve) => store.commit(lost, resolve))
  assert.equal(error, undefined)
  await store.close()
  await start()
  assert.deepEqual(ends, [
    'shard 1 lost writes: batch 4 is not on disk, but batch 5 is; start with --rejoin',
  ])
})

test('R-19 a worker module that cannot be loaded ends the node with one line', async () => {
  const missing = fileURLToPath(new URL('../support/no-such-worker.ts', import.meta.url))
  await start({ workers: 1, module: { filename: missing, name: 'runShard' } })
  while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.match(ends[0] ?? '', /^shard 1 .*no-such-worker/)
})
