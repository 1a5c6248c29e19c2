/**
 * The actor that serves the watch streams of one thread: it listens to the hubs of the groups that are
 * watched here, for as long as they are, and turns what the watch machine wants known into questions to
 * the group. A stream is the address of an outsider.
 */

import { must } from '../../base/assert.ts'
import { WatchSet } from '../../core/watch/set.ts'
import type { WatchEffect } from '../../core/watch/types.ts'
import type { Actor, ActorKind, AskOutcome, Context, Input } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type {
  WatchDeliver,
  WatchHistoryIs,
  WatchListen,
  WatchOpen,
  WatchPreviousAre,
  WatchRevisions,
  WatchStatusIs,
} from '../../wire/messages/watch.ts'
import type { TreeOptions } from '../options.ts'
import { WATCH_DOOR, WATCH_HUB } from '../watch-hub/behavior.ts'
import { isStreamKind, tellSet } from './streams.ts'

/** A lost subscription is renewed, a failed question asked again, this often. */
const LISTEN_MS = 1000
const RETRY_MS = 200
const LOST_AT_ONCE = 200
const LOST_MS = 10

interface Stream {
  readonly number: number
  readonly at: Address
  readonly group: string
}

interface Watched {
  readonly set: WatchSet
  streams: number
}

/**
 * Streams outlive a door that throws: the kind remembers who they are, so that the next life can tell
 * them to come back. Nothing else passes from one life to the next.
 */
export function watchDoorKind(options: TreeOptions): ActorKind {
  const streams = new Map<string, Map<string, Address>>()
  return {
    kind: WATCH_DOOR,
    create: (at) => {
      const known = streams.get(at.key) ?? new Map<string, Address>()
      streams.set(at.key, known)
      return new WatchDoor(Number(at.key), options, known)
    },
  }
}

class WatchDoor implements Actor {
  readonly #shard: number
  readonly #options: TreeOptions
  readonly #known: Map<string, Address>
  readonly #watched = new Map<string, Watched>()
  readonly #byKey = new Map<string, Stream>()
  readonly #byNumber = new Map<number, Stream>()
  /** Streams to be told so. */
  readonly #lost: Address[] = []
  #number = 0

  constructor(shard: number, options: TreeOptions, known: Map<string, Address>) {
    this.#shard = shard
    this.#known = known
    this.#options = options
  }

  receive(input: Input, context: Context): void {
    switch (input.type) {
      case 'start':
        this.#lose(context)
        context.setTimer('listen', LISTEN_MS)
        context.setTimer('progress', this.#options.limits.watchProgressMs)
        return
      case 'timer':
        this.#timer(input.name, context)
        return
      case 'missed':
        if (isStreamKind(input.kind)) this.#lose(context)
        else for (const group of this.#watched.keys()) this.#listen(group, true, context)
        return
      case 'message':
        if (isStreamKind(input.message.kind)) this.#stream(input.message, input.from, context)
        else this.#hub(input.message, input.from, context)
        return
      case 'answer':
        this.#answered(input.tag, input.outcome, context)
        return
      default:
        return
    }
  }

  inspect(): object {
    const watchers = [...this.#watched.values()].map(({ set }) => set.watcherCount)
    return { streams: this.#byKey.size, watchers: watchers.reduce((sum, count) => sum + count, 0) }
  }

  #timer(name: string, context: Context): void {
    if (name === 'lost') {
      this.#tellLost(context)
    } else if (name === 'listen') {
      for (const group of this.#watched.keys()) this.#listen(group, true, context)
      context.setTimer('listen', LISTEN_MS)
    } else if (name === 'retry') {
      for (const [group, { set }] of this.#watched) this.#perform(group, set.retry(), context)
    } else {
      for (const [group, { set }] of this.#watched)
        this.#perform(group, set.progressTick(), context)
      context.setTimer('progress', this.#options.limits.watchProgressMs)
    }
  }

  #stream(message: Message, from: Address, context: Context): void {
    if (message.kind === 'watch.open') {
      this.#open(message as WatchOpen, from, context)
      return
    }
    const stream = this.#byKey.get(from.key)
    if (stream === undefined) return
    const { set } = must(this.#watched.get(stream.group), 'an open stream has its set')
    this.#perform(stream.group, tellSet(set, stream.number, message), context)
    if (message.kind === 'watch.close') this.#closed(stream, context)
  }

  #open({ group, window }: WatchOpen, from: Address, context: Context): void {
    if (this.#byKey.has(from.key)) return
    this.#number += 1
    const stream = { number: this.#number, at: from, group }
    this.#byKey.set(from.key, stream)
    this.#known.set(from.key, from)
    this.#byNumber.set(stream.number, stream)
    let watched = this.#watched.get(group)
    if (watched === undefined) {
      const maxResponseBytes = this.#options.limits.watchResponseBytes
      watched = { set: new WatchSet({ maxResponseBytes }), streams: 0 }
      this.#watched.set(group, watched)
      this.#listen(group, true, context)
    }
    watched.streams += 1
    watched.set.open(stream.number, window)
  }

  /** What some stream said did not get here, or an earlier life knew it: all of them come back. */
  #lose(context: Context): void {
    this.#lost.push(...this.#known.values())
    this.#known.clear()
    for (const stream of [...this.#byKey.values()]) {
      this.#watched.get(stream.group)?.set.close(stream.number)
      this.#closed(stream, context)
    }
    this.#tellLost(context)
  }

  /** A few at a time, lest their coming back overflow the mailbox again. */
  #tellLost(context: Context): void {
    for (const stream of this.#lost.splice(0, LOST_AT_ONCE)) {
      context.sendNow(stream, { kind: 'watch.lost' })
    }
    if (this.#lost.length > 0) context.setTimer('lost', LOST_MS)
  }

  #closed(stream: Stream, context: Context): void {
    this.#byKey.delete(stream.at.key)
    this.#known.delete(stream.at.key)
    this.#byNumber.delete(stream.number)
    const watched = must(this.#watched.get(stream.group), 'an open stream has its set')
    watched.streams -= 1
    if (watched.streams > 0) return
    this.#watched.delete(stream.group)
    this.#listen(stream.group, false, context)
  }

  #hub(message: Message, from: Address, context: Context): void {
    const watched = this.#watched.get(from.key)
    if (watched === undefined) return
    if (message.kind === 'watch.hello') {
      this.#listen(from.key, true, context)
    } else if (message.kind === 'watch.status') {
      this.#perform(from.key, watched.set.status((message as WatchStatusIs).status), context)
    } else if (message.kind === 'watch.revisions') {
      const { revisions, term } = message as WatchRevisions
      for (const { revision, events } of revisions) {
        this.#perform(from.key, watched.set.revisionApplied(revision, term, events), context)
      }
    }
  }

  #listen(group: string, on: boolean, context: Context): void {
    const listen: WatchListen = { kind: 'watch.listen', shard: this.#shard, on }
    context.sendNow(address(context.self.node, WATCH_HUB, group), listen)
  }

  #perform(group: string, effects: readonly WatchEffect[], context: Context): void {
    for (const effect of effects) {
      if (effect.type === 'deliver') {
        const deliver: WatchDeliver = { kind: 'watch.deliver', response: effect.response }
        const stream = this.#byNumber.get(effect.stream)
        if (stream !== undefined) context.sendNow(stream.at, deliver)
        continue
      }
      const { ticket, ...request } = effect.request
      const message = { kind: `watch.${effect.type}`, ...request }
      const tag = `${effect.type} ${ticket} ${group}`
      const { requestTimeoutMs } = this.#options.limits
      const to = address(context.self.node, 'raft-group', group)
      context.ask(to, message, { tag, timeoutMs: requestTimeoutMs, now: true })
    }
  }

  #answered(tag: string, outcome: AskOutcome, context: Context): void {
    const [type, ticketText, group = ''] = tag.split(' ')
    const watched = this.#watched.get(group)
    if (watched === undefined) return
    const kind = outcome.ok ? outcome.message.kind : ''
    const ticket = Number(ticketText)
    if (outcome.ok && type === 'history' && kind === 'watch.history-is') {
      const { answer } = outcome.message as WatchHistoryIs
      this.#perform(group, watched.set.history(ticket, answer), context)
    } else if (outcome.ok && type === 'previous' && kind === 'watch.previous-are') {
      const { values } = outcome.message as WatchPreviousAre
      this.#perform(group, watched.set.previous(ticket, values), context)
    } else {
      context.setTimer('retry', RETRY_MS)
    }
  }
}
