/** Shards of two nodes over links: worker to worker through both main threads, and what does not decode. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { NodeName } from '../../../src/base/ids.ts'
import type { PeerIdentity } from '../../../src/net/link.ts'
import { NodeShards } from '../../../src/runtime/threads/node-shards.ts'
import { encodeFrames } from '../../../src/wire/frame.ts'
import { LoopbackNetwork } from '../../net/loopback-links.ts'
import { add, type Count, noteOf, TOY_CODEC } from '../support/toy-messages.ts'
import { toyParts } from '../support/toy-worker.ts'
import { at, N1, N2 } from '../support/toys.ts'

let directories: string[] = []
let nodes: NodeShards[] = []

async function joinNode(network: LoopbackNetwork, name: NodeName): Promise<NodeShards> {
  const directory = await mkdtemp(join(tmpdir(), 'plasma-links-'))
  directories.push(directory)
  const config = { directory, counters: ['c0'] }
  const node = await NodeShards.start({
    node: name,
    workers: 1,
    module: {
      filename: fileURLToPath(new URL('../support/toy-worker.ts', import.meta.url)),
      name: 'runShard',
    },
    config,
    parts: toyParts(config),
    faults: false,
    fatal: (reason) => assert.fail(reason),
  })
  node.attach(network.join(identityOf(name), node))
  nodes.push(node)
  return node
}

const identityOf = (name: NodeName): PeerIdentity => ({
  name,
  publicKey: name,
  incarnation: name,
  shards: 1,
  clientUrl: 'http://127.0.0.1:2379',
  wireVersion: 1,
})

beforeEach(() => {
  directories = []
  nodes = []
})

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})

test('R-18 a question goes from a shard of one node to a worker of another and back', async () => {
  const network = new LoopbackNetwork()
  const n1 = await joinNode(network, N1)
  await joinNode(network, N2)
  const toN2 = at('counter', 'c0', N2)
  let total: number | undefined
  for (let tries = 0; total === undefined; tries++) {
    assert.ok(tries < 1000, 'the links never came up')
    const outcome = await n1.outside.ask(toN2, add(4), 60_000)
    if (outcome.ok) total = (outcome.message as Count).n
    else assert.equal(outcome.reason, 'unreachable')
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(total, 4)
})

/** What a node makes of one frame from n2: the reason it rejects the peer with, if it does. */
async function sent(frame: Uint8Array): Promise<string> {
  const network = new LoopbackNetwork()
  const node = await joinNode(network, N1)
  const rejected = new Promise<string>((resolve) => {
    node.attach({
      send: () => false,
      reject: (peer, reason) => resolve(`${peer}: ${reason}`),
      peers: () => [],
      close: async () => {},
    })
  })
  node.frame(identityOf(N2), 'raft', frame)
  return rejected
}

const frameOf = (shard: number, ...tuples: unknown[]): Uint8Array =>
  encodeFrames(shard, 'raft', tuples)[0] as Uint8Array

test('R-18 garbage costs its sender the link', async () => {
  assert.match(await sent(new Uint8Array(100)), /^n2: malformed message: frame.magic/)
})

test('R-18 a frame for a worker that does not decode there costs its sender the link', async () => {
  const tuple = TOY_CODEC.encode({
    to: at('counter', 'c0'),
    from: at('x', 'x', N2),
    message: add(1),
  })
  const reason = await sent(frameOf(1, tuple, tuple.with(9, [204, 'one'])))
  assert.equal(reason, 'n2: malformed message: add.n must be a whole number')
})

test('R-18 a peer that speaks for another node loses its link', async () => {
  const forged = TOY_CODEC.encode({
    to: at('hermit', 'h'),
    from: at('x', 'x', N1),
    message: noteOf(''),
  })
  assert.equal(await sent(frameOf(0, forged)), 'n2: an envelope from n2 was expected, not n1/x/x')
})
