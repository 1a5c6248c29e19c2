import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { WatchResponse } from '../../src/actors/chainfire.ts'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { SNAPSHOT_GATE } from '../../src/actors/snapshot-gate/behavior.ts'
import { supervisionTree } from '../../src/actors/tree.ts'
import { type NodeName, nodeName } from '../../src/base/ids.ts'
import { CHAINFIRE, InlineCluster } from '../support/inline-cluster.ts'
import { bytes, put, range, text, watchFrom } from '../support/requests.ts'

/** Which key of a kind is made to throw. A kind of the tree that is missing here fails the test below. */
const VICTIMS: Readonly<Record<string, string>> = {
  pulse: '1',
  'snapshot-gate': 'sends',
  'watch-door': '1',
  'watch-hub': CHAINFIRE,
  'lease-expirer': CHAINFIRE,
  'raft-group': CHAINFIRE,
}

const LIMITS = { compactEntries: 20, keepEntries: 5 }

const tree = supervisionTree({
  node: nodeName('n1'),
  founders: [nodeName('n1')],
  groups: [CHAINFIRE],
  workers: 1,
  incarnation: 'n1',
  rejoin: false,
  limits: GROUP_LIMITS,
  flare: undefined,
})

for (const { kind } of tree) {
  test(`${kind} throws in the middle of a turn under load and comes back as its peers are`, async () => {
    const key = VICTIMS[kind]
    assert.ok(key !== undefined, `no case for the kind ${kind}`)
    const cluster = new InlineCluster({ nodes: 3, limits: LIMITS })
    const leader = await cluster.leader()
    const follower = cluster.names.find((name) => name !== leader) as NodeName
    if (kind === SNAPSHOT_GATE) {
      // Asked by a leader alone, for a follower whose entries are cut away.
      const away = await leaveBehind(cluster, leader)
      await thrown(cluster, leader, kind, key, () => cluster.start(away))
      assert.ok(cluster.marks.has('raft.snapshot-installed'))
    } else {
      for (const victim of [leader, follower]) await thrown(cluster, victim, kind, key)
    }
    await cluster.world.advance(3000)
    const [first, ...others] = cluster.names.map((name) => cluster.group(name).kv)
    for (const kv of others) assert.deepEqual(kv.meta(), first?.meta())
  })
}

/** A follower goes away, and what it lacks is cut from the log. */
async function leaveBehind(cluster: InlineCluster, leader: NodeName): Promise<NodeName> {
  const away = cluster.names.findLast((name) => name !== leader) as NodeName
  cluster.crash(away)
  // Until it is known to be down, nothing that it lacks is cut away.
  await cluster.world.advance(2000)
  for (let i = 0; i < 2 * LIMITS.compactEntries; i++) {
    await cluster.answer(cluster.face(leader).write(put(`behind${i}`, 'cut')))
  }
  return away
}

/** One throws while clients write, watch and keep a lease alive: nothing acknowledged is lost or told twice. */
async function thrown(
  cluster: InlineCluster,
  victim: NodeName,
  kind: string,
  key: string,
  armed = () => {},
) {
  const face = cluster.face(victim)
  const granted = await cluster.answer(face.write({ op: 'lease-grant', id: 5n, ttl: 60 }))
  const responses: WatchResponse[] = []
  const stream = face.watch(10_000, (response) => responses.push(response))
  stream.create({ ...watchFrom('a', 0), rangeEnd: bytes('z') })
  await cluster.world.advance(50)
  const shard = tree.find((child) => child.kind === kind)?.placement === 'main' ? 0 : 1
  const { events } = cluster.node(victim)
  const before = events.length
  const fell = () =>
    events.slice(before).some(({ type, at }) => type === 'restarting' && at.kind === kind)
  const acknowledged: string[] = []
  const calls: Promise<unknown>[] = []
  for (let i = 0; i < 60 || (i < 2000 && !fell()); i++) {
    const value = `${victim} ${kind} ${i}`
    const call = face.write(put(`k${i}`, value))
    calls.push(call.then((outcome) => outcome.ok && acknowledged.push(value)))
    if (i === 30) {
      assert.ok(cluster.node(victim).shard(shard).throwNext(kind, key), kind)
      armed()
    }
    if (i % 7 === 0) await cluster.world.advance(5)
  }
  assert.ok(fell(), 'the throw came under load')
  await cluster.answer(Promise.all(calls))
  await cluster.world.advance(3000)
  await cluster.leader()
  assert.ok(acknowledged.length >= 20, `${acknowledged.length} acknowledged`)
  for (const value of acknowledged) {
    const request = range(`k${value.split(' ')[2]}`)
    const outcome = await cluster.answer(face.range(request))
    assert.ok(outcome.ok, inspect(outcome))
    assert.equal(text(outcome.value.kvs[0]?.value ?? bytes('')), value)
  }
  const told = responses.flatMap(({ events }) => events.map(({ kv }) => text(kv.value)))
  assert.equal(new Set(told).size, told.length, 'an event told twice')
  for (const value of acknowledged) assert.ok(told.includes(value), `${value} was not told`)
  if (granted.ok) {
    const renewed = await cluster.answer(face.keepAlive(5n))
    assert.ok(renewed.ok && renewed.value.ttl === 60, inspect(renewed))
    await cluster.answer(face.write({ op: 'lease-revoke', id: 5n, term: 0, granted: 0 }))
  }
  stream.close()
}
