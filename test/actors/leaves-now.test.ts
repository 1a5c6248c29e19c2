/** What leaves an actor without waiting for the disk is named in docs/actors.md, kind by kind, and nothing else does. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import type { TxnRequest } from '../../src/core/kv/types.ts'
import type { Actor, ActorKind, Context } from '../../src/runtime/actor.ts'
import { type Address, shardOfKey } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { RaftCarrier } from '../../src/wire/messages/raft.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { put, range, watchFrom } from '../support/requests.ts'

const WORKERS = 2

function listed(): Set<string> {
  const page = readFileSync(new URL('../../docs/actors.md', import.meta.url), 'utf8')
  const section = page.split('## What leaves at once')[1]?.split('\n## ')[0] ?? ''
  return new Set([...section.matchAll(/`([a-z]+[.:][a-z-]+)`/g)].map((match) => match[1] as string))
}

/** An actor's shard; outsiders are never on it. */
function shardOf(at: Address): number | undefined {
  if (at.kind === 'outside') return undefined
  if (at.kind === 'pulse' || at.kind === 'watch-door') return Number(at.key)
  return shardOfKey(at.key, WORKERS)
}

const nameOf = (message: Message): string =>
  message.kind === 'raft' ? `raft:${(message as RaftCarrier).message.kind}` : message.kind

/** Notes what an actor lets go at once to anywhere but its own shard. */
function noting(seen: Set<string>): (kind: ActorKind) => ActorKind {
  const watched = (context: Context): Context =>
    new Proxy(context, {
      get(target, property) {
        const note = (to: Address | undefined, message: Message): void => {
          const { self } = target
          const near = to?.node === self.node && shardOf(to) === shardOf(self)
          if (!near) seen.add(nameOf(message))
        }
        const found: unknown = Reflect.get(target, property, target)
        if (typeof found !== 'function') return found
        return (...call: unknown[]) => {
          if (property === 'sendNow') note(call[0] as Address, call[1] as Message)
          if (property === 'answerNow') {
            note((call[0] as { readonly from: Address }).from, call[1] as Message)
          }
          if (property === 'ask' && (call[2] as { readonly now?: boolean }).now) {
            note(call[0] as Address, call[1] as Message)
          }
          return found.apply(target, call)
        }
      },
    })
  return (kind) => ({
    kind: kind.kind,
    create: (at): Actor => {
      const actor = kind.create(at)
      return {
        receive: (input, context) => actor.receive(input, watched(context)),
        inspect: () => actor.inspect?.() ?? {},
      }
    },
  })
}

/** Everything that clients and operators may ask, a leader that dies, a disk that is lost. */
async function converse(cluster: InlineCluster): Promise<void> {
  const leader = await cluster.leader()
  const [follower, third] = cluster.names.filter((name) => name !== leader) as [NodeName, NodeName]
  const read: TxnRequest = {
    compare: [],
    success: [{ op: 'range', request: range('a') }],
    failure: [],
  }
  for (const name of [leader, follower]) {
    const face = cluster.face(name)
    const stream = face.watch(8, () => {})
    stream.create({ ...watchFrom('a', 1), prevKv: true })
    await cluster.answer(face.write({ op: 'lease-grant', id: 7n, ttl: 60 }))
    await cluster.answer(face.write(put('a', '1', { lease: 7n })))
    await cluster.answer(face.write(put('a', '1', { lease: 8n })))
    await cluster.answer(face.range(range('a')))
    await cluster.answer(face.range(range('a', { revision: 99 })))
    await cluster.answer(face.view(read))
    await cluster.answer(face.keepAlive(7n))
    await cluster.answer(face.timeToLive(7n, true))
    await cluster.answer(face.leases())
    const { revision } = await cluster.status(name)
    await cluster.answer(face.write({ op: 'compact', revision }))
    await cluster.answer(face.scrubbed(revision))
    stream.create({ ...watchFrom('a', revision), prevKv: true })
    stream.progress()
    await cluster.world.advance(500)
    stream.close()
  }
  await cluster.ask(leader, { kind: 'group.transfer', node: undefined } as Message)
  await cluster.world.advance(8000)
  const steps = [{ step: 'demote', node: third }]
  await cluster.ask(await cluster.leader(), { kind: 'group.change', steps } as Message)
  await cluster.world.advance(1000)
  cluster.wipe(third)
  cluster.start(third, { rejoin: true, incarnation: 'second' })
  await cluster.world.advance(12_000)
  cluster.crash(await cluster.leader())
  await cluster.leader()
  for (const name of cluster.names.slice(1)) cluster.node(name).ended || cluster.crash(name)
  await cluster.answer(cluster.face(cluster.names[0] as NodeName).write(put('b', '1')))
}

test('R-7 what leaves at once is what the page lists', async () => {
  const seen = new Set<string>()
  const cluster = new InlineCluster({ nodes: 3, workers: WORKERS, watchKind: noting(seen) })
  await converse(cluster)
  assert.deepEqual([...seen].sort(), [...listed()].sort())
})
