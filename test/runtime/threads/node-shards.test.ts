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
import { add, type Count, noteOf, vote } from '../support/toy-messages.ts'
import { toyParts } from '../support/toy-worker.ts'
import { at, N1 } from '../support/toys.ts'

const COUNTERS = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']
const WORKERS = 2

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
    fatal: (reason) => {
      ends.push(reason)
      throw new Error(reason)
    },
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
  const outcome = await node.outside.ask(at('counter', key), add(n), 3000)
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

void noteOf
void vote
