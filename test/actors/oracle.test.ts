/** The oracle's actors over real groups: order over all nodes and leaders, what is on disk, who is refused. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  FLARE_OPTIONS,
  PLACEMENT_DRIVER,
  SYSTEM,
  TIMESTAMP_ORACLE,
} from '../../src/actors/flare-options.ts'
import { type NodeName, nodeName } from '../../src/base/ids.ts'
import type { ActorKind } from '../../src/runtime/actor.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { OracleStamps, OracleStampsAre } from '../../src/wire/messages/oracle.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { listed, noting } from '../support/leaves-now.ts'

function cluster(): InlineCluster {
  return new InlineCluster({ nodes: 3, flare: FLARE_OPTIONS })
}

async function stamps(
  nodes: InlineCluster,
  name: NodeName,
  count: number,
): Promise<OracleStampsAre> {
  const ask: OracleStamps = { kind: 'oracle.stamps', count }
  const outside = nodes.node(name).outside(1)
  const outcome = await nodes.answer(
    outside.ask(address(name, TIMESTAMP_ORACLE, SYSTEM), ask as Message, 8000),
  )
  assert.ok(outcome.ok, inspect(outcome))
  assert.equal(outcome.message.kind, 'oracle.stamps-are')
  return outcome.message as OracleStampsAre
}

test('every node gives timestamps, each greater than all before', async () => {
  const nodes = cluster()
  let last = 0n
  for (let round = 0; round < 5; round++) {
    for (const name of nodes.names) {
      const { first, count } = await stamps(nodes, name, 10)
      assert.ok(first > last, `${first} after ${last}`)
      assert.equal(count, 10)
      last = first + BigInt(count) - 1n
    }
  }
})

test('a node without a member of the group finds the leader among the founders', async () => {
  const nodes = cluster()
  const fourth = nodeName('n4')
  nodes.start(fourth)
  const { first } = await stamps(nodes, fourth, 1)
  assert.ok((await stamps(nodes, fourth, 1)).first > first)
})

test('a leader that is cut off gives no timestamp, and takes none back', async () => {
  const nodes = cluster()
  const leader = await nodes.leader(20_000, SYSTEM)
  const before = await stamps(nodes, leader, 1)
  for (const name of nodes.names) if (name !== leader) nodes.world.cut(leader, name)
  const oracle = address(leader, TIMESTAMP_ORACLE, SYSTEM)
  const ask = { kind: 'oracle.stamps', count: 1 } as Message
  const alone = nodes.node(leader).outside(1).ask(oracle, ask, 6000)
  const outcome = await nodes.answer(alone)
  assert.ok(!outcome.ok || outcome.message.kind === 'kv.refused', inspect(outcome))
  const other = nodes.names.find((name) => name !== leader) as NodeName
  assert.ok((await stamps(nodes, other, 1)).first > before.first)
})

test('R-7 what oracle and driver let go at once is what the page lists', async () => {
  const seen = new Set<string>()
  const note = noting(seen, 1)
  const kinds = [TIMESTAMP_ORACLE, PLACEMENT_DRIVER]
  const watchKind = (kind: ActorKind) => (kinds.includes(kind.kind) ? note(kind) : kind)
  const nodes = new InlineCluster({ nodes: 3, flare: FLARE_OPTIONS, watchKind })
  for (const name of nodes.names) await stamps(nodes, name, 1)
  await nodes.world.advance(3000)
  const leader = await nodes.leader(20_000, SYSTEM)
  for (const name of nodes.names) if (name !== leader) nodes.crash(name)
  const oracle = address(leader, TIMESTAMP_ORACLE, SYSTEM)
  const ask = { kind: 'oracle.stamps', count: 1 } as Message
  await nodes.answer(nodes.node(leader).outside(1).ask(oracle, ask, 12_000))
  const page = listed('flare.md', 'What leaves oracle and driver at once')
  assert.deepEqual([...seen].sort(), [...page].sort())
})

test('timestamps go on over leaders that die, above all that were given', async () => {
  const nodes = cluster()
  let last = 0n
  for (let round = 0; round < 4; round++) {
    const leader = await nodes.leader(20_000, SYSTEM)
    for (const name of nodes.names) {
      const { first, count } = await stamps(nodes, name, 1000)
      assert.ok(first > last, `round ${round}: ${first} after ${last}`)
      last = first + BigInt(count) - 1n
    }
    nodes.crash(leader)
    const other = nodes.names.find((name) => name !== leader) as NodeName
    const { first } = await stamps(nodes, other, 1)
    assert.ok(first > last)
    last = first
    nodes.start(leader)
  }
})
