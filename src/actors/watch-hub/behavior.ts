/**
 * The actor that spreads a group's revisions: once to each listening door, whoever watches behind it.
 * It keeps nothing: a door that missed something reads it from history.
 */

import { type HubEffect, WatchHub } from '../../core/watch/hub.ts'
import type { Actor, ActorKind, Context, Input } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type {
  AppliedRevision,
  WatchApplied,
  WatchListen,
  WatchRevisions,
  WatchStatusIs,
} from '../../wire/messages/watch.ts'
import type { TreeOptions } from '../options.ts'

export const WATCH_HUB = 'watch-hub'
export const WATCH_DOOR = 'watch-door'

export function watchHubKind(options: TreeOptions): ActorKind {
  return { kind: WATCH_HUB, create: (at) => new WatchHubActor(at, options.workers) }
}

class WatchHubActor implements Actor {
  readonly #group: Address
  readonly #workers: number
  /** Undefined until the group has said where it is. */
  #hub: WatchHub | undefined
  /** Doors that asked before that. */
  readonly #early = new Set<number>()

  constructor(self: Address, workers: number) {
    this.#group = address(self.node, 'raft-group', self.key)
    this.#workers = workers
  }

  receive(input: Input, context: Context): void {
    if (input.type === 'start') this.#start(context)
    else if (input.type === 'missed') context.sendNow(this.#group, { kind: 'watch.hello' })
    else if (input.type === 'message') this.#told(input.message, context)
  }

  inspect(): object {
    return { status: this.#hub?.status, doors: this.#hub?.shards ?? [] }
  }

  /** An earlier life's doors do not know that it is over. */
  #start(context: Context): void {
    context.sendNow(this.#group, { kind: 'watch.hello' })
    for (let shard = 0; shard <= this.#workers; shard++) {
      context.sendNow(door(context, shard), { kind: 'watch.hello' })
    }
  }

  #told(message: Message, context: Context): void {
    if (message.kind === 'watch.applied') this.#applied(message as WatchApplied, context)
    else if (message.kind === 'watch.listen') this.#listen(message as WatchListen, context)
  }

  #listen({ shard, on }: WatchListen, context: Context): void {
    if (!on) {
      this.#early.delete(shard)
      this.#hub?.unsubscribe(shard)
    } else if (this.#hub === undefined) {
      this.#early.add(shard)
    } else {
      spread(this.#hub.subscribe(shard), context)
    }
  }

  #applied(told: WatchApplied, context: Context): void {
    const hub = this.#hub
    if (hub === undefined) {
      this.#hub = new WatchHub(told.status)
      for (const shard of this.#early) spread(this.#hub.subscribe(shard), context)
      this.#early.clear()
      return
    }
    const effects = told.revisions.flatMap(({ revision, events }) =>
      revision > hub.status.revision ? hub.applied(revision, told.status.term, events) : [],
    )
    spread(effects, context)
    if (told.compacted) spread(hub.announce(told.status), context)
  }
}

const door = (context: Context, shard: number): Address =>
  address(context.self.node, WATCH_DOOR, String(shard))

/** Revisions of one slice travel to a door in one message. */
function spread(effects: readonly HubEffect[], context: Context): void {
  const revisions = new Map<number, AppliedRevision[]>()
  let term = 0
  for (const effect of effects) {
    if (effect.type === 'status') {
      const is: WatchStatusIs = { kind: 'watch.status', status: effect.status }
      context.sendNow(door(context, effect.shard), is)
      continue
    }
    term = effect.term
    const list = revisions.get(effect.shard) ?? []
    if (list.length === 0) revisions.set(effect.shard, list)
    list.push({ revision: effect.revision, events: effect.events })
  }
  for (const [shard, list] of revisions) {
    const told: WatchRevisions = { kind: 'watch.revisions', term, revisions: list }
    context.sendNow(door(context, shard), told)
  }
}
