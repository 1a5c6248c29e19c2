import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { NodeName } from '../../src/base/ids.ts'
import type { Command } from '../../src/core/kv/types.ts'
import type { ActorKind, Context, Input } from '../../src/runtime/actor.ts'
import type { Address } from '../../src/runtime/address.ts'
import { CHAINFIRE, InlineCluster } from '../support/inline-cluster.ts'
import { put, range, text } from '../support/requests.ts'

async function withLease(ttl: number, watchKind = (kind: ActorKind) => kind) {
  const cluster = new InlineCluster({ nodes: 3, watchKind })
  const leader = await cluster.leader()
  const granted = await cluster.answer(
    cluster.face(leader).write({ op: 'lease-grant', id: 7n, ttl }),
  )
  assert.ok(granted.ok, inspect(granted))
  const attached = await cluster.answer(cluster.face(leader).write(put('held', 'x', { lease: 7n })))
  assert.ok(attached.ok)
  return { cluster, leader }
}

async function exists(cluster: InlineCluster, at: NodeName): Promise<boolean> {
  const outcome = await cluster.answer(cluster.face(at).range(range('held')))
  assert.ok(outcome.ok)
  return outcome.value.count === 1
}

test('a lease that nobody keeps alive takes its keys along', async () => {
  const { cluster, leader } = await withLease(2)
  await cluster.world.advance(1500)
  assert.ok(await exists(cluster, leader))
  await cluster.world.advance(3500)
  for (const name of cluster.names) assert.equal(await exists(cluster, name), false)
})

test('keep-alives through any node keep it; afterwards they say 0', async () => {
  const { cluster, leader } = await withLease(3)
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  for (let i = 0; i < 4; i++) {
    await cluster.world.advance(2000)
    const renewed = await cluster.answer(cluster.face(follower).keepAlive(7n))
    assert.ok(renewed.ok && renewed.value.ttl === 3, inspect(renewed))
  }
  assert.ok(await exists(cluster, follower))
  await cluster.world.advance(6000)
  const late = await cluster.answer(cluster.face(follower).keepAlive(7n))
  assert.ok(late.ok && late.value.ttl === 0, inspect(late))
})

test('time to live counts down and names the keys, on every node', async () => {
  const { cluster } = await withLease(60)
  await cluster.world.advance(10_000)
  for (const name of cluster.names) {
    const left = await cluster.answer(cluster.face(name).timeToLive(7n, true))
    assert.ok(left.ok, inspect(left))
    assert.equal(left.value.grantedTtl, 60)
    assert.ok(left.value.ttl >= 48 && left.value.ttl <= 51, `${left.value.ttl} s left`)
    assert.deepEqual(left.value.keys.map(text), ['held'])
    const leases = await cluster.answer(cluster.face(name).leases())
    assert.ok(leases.ok)
    assert.deepEqual(leases.value, [7n])
    const unknown = await cluster.answer(cluster.face(name).timeToLive(8n, true))
    assert.ok(unknown.ok && unknown.value.ttl === -1)
  }
})

test('after a change of leader every lease runs its full time anew', async () => {
  const { cluster, leader } = await withLease(5)
  await cluster.world.advance(4000)
  cluster.crash(leader)
  const next = await cluster.leader()
  await cluster.world.advance(3500)
  assert.ok(await exists(cluster, next), 'it had less than a second left')
  await cluster.world.advance(6000)
  assert.equal(await exists(cluster, next), false)
})

test('a leader cut off from the others answers no keep-alive', async () => {
  const { cluster, leader } = await withLease(30)
  for (const name of cluster.names) if (name !== leader) cluster.world.cut(leader, name)
  const answer = await cluster.answer(cluster.face(leader).keepAlive(7n))
  assert.ok(!answer.ok, inspect(answer))
})

test('the expirer comes back from the group when it throws', async () => {
  const { cluster, leader } = await withLease(3)
  assert.ok(cluster.node(leader).shard(1).throwNext('lease-expirer', CHAINFIRE))
  await cluster.world.advance(2000)
  const renewed = await cluster.answer(cluster.face(leader).keepAlive(7n))
  assert.ok(renewed.ok && renewed.value.ttl === 3, inspect(renewed))
  await cluster.world.advance(8000)
  assert.equal(await exists(cluster, leader), false)
})

/** Revokes that an expirer decides wait until `released`: as if the way to the log were slow. */
function slowRevokes(way: { released: boolean; waiting: number }) {
  const slowed = (context: Context, held: (() => void)[]): Context =>
    new Proxy(context, {
      get(target, property) {
        const found: unknown = Reflect.get(target, property, target)
        if (typeof found !== 'function') return found
        return (...call: unknown[]) => {
          const { tag } = (call[2] ?? {}) as { readonly tag?: string }
          if (property !== 'ask' || way.released || !tag?.startsWith('revoke:')) {
            return found.apply(target, call)
          }
          way.waiting = held.push(() => found.apply(target, call))
        }
      },
    })
  return (kind: ActorKind): ActorKind => {
    if (kind.kind !== 'lease-expirer') return kind
    const create = (at: Address) => {
      const actor = kind.create(at)
      const held: (() => void)[] = []
      return {
        receive: (input: Input, context: Context) => {
          if (way.released) for (const go of held.splice(0)) go()
          actor.receive(input, slowed(context, held))
        },
      }
    }
    return { kind: kind.kind, create }
  }
}

test('a revoke under way does not end the lease that was granted under its id meanwhile', async () => {
  const way = { released: false, waiting: 0 }
  const { cluster, leader } = await withLease(2, slowRevokes(way))
  const face = cluster.face(leader)
  const write = async (command: Command) => {
    const outcome = await cluster.answer(face.write(command))
    assert.ok(outcome.ok, inspect(outcome))
  }
  while (way.waiting === 0) await cluster.world.advance(500)
  await write({ op: 'lease-revoke', id: 7n, term: 0, granted: 0 })
  await write({ op: 'lease-grant', id: 7n, ttl: 60 })
  await write(put('held', 'y', { lease: 7n }))
  way.released = true
  await cluster.world.advance(5000)
  assert.ok(await exists(cluster, leader))
})
