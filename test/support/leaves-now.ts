/** What actors let go without waiting for the disk, and what the pages say of it. */

import { readFileSync } from 'node:fs'
import type { Actor, ActorKind, Context } from '../../src/runtime/actor.ts'
import { type Address, shardOfKey } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { RaftCarrier } from '../../src/wire/messages/raft.ts'
import type { RegionRaft } from '../../src/wire/messages/region.ts'

/** The kinds of messages that a section of a page of docs names. */
export function listed(name: string, heading: string): Set<string> {
  const page = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
  const section = page.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? ''
  return new Set([...section.matchAll(/`([a-z]+[.:][a-z-]+)`/g)].map((match) => match[1] as string))
}

const EACH_SHARD = new Set(['pulse', 'watch-door', 'region-keeper'])
const MAIN = new Set(['store', 'snapshot-gate'])

/** An actor's shard; outsiders are never on it. */
function shardOf(at: Address, workers: number): number | undefined {
  if (at.kind === 'outside') return undefined
  if (MAIN.has(at.kind)) return 0
  return EACH_SHARD.has(at.kind) ? Number(at.key) : shardOfKey(at.key, workers)
}

const nameOf = (message: Message): string => {
  const carried = message.kind === 'raft' || message.kind === 'region.raft'
  return carried ? `raft:${(message as RaftCarrier | RegionRaft).message.kind}` : message.kind
}

/** Notes what an actor lets go at once to anywhere but its own shard. */
export function noting(seen: Set<string>, workers: number): (kind: ActorKind) => ActorKind {
  const watched = (context: Context): Context =>
    new Proxy(context, {
      get(target, property) {
        const note = (to: Address | undefined, message: Message): void => {
          const { self } = target
          const near = to?.node === self.node && shardOf(to, workers) === shardOf(self, workers)
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
