/**
 * The regions' peers of this node, one change after the other: who lives here, who never may again, and that
 * no two of them hold the same keys. It tells the keepers of the shards, and the driver once a second.
 *
 * A peer comes to life in three ways: founded with its namespace, invited by its leader, split off its parent.
 * What it begins with is on disk before its keeper hears of it.
 */

import type { Actor, ActorKind, Context, Input, Question } from '../../runtime/actor.ts'
import { type Address, address, shardOfKey } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { RegionReportAsk } from '../../wire/messages/region.ts'
import type {
  KeeperHello,
  KeeperRegions,
  KeeperStart,
  KeeperStop,
  StoreCreate,
  StoreDestroy,
  StoreDone,
  StoreInvite,
  StoreReport,
  StoreSplit,
} from '../../wire/messages/store.ts'
import type { FlareOptions } from '../flare-options.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { Beats } from './beats.ts'
import { Births } from './births.ts'
import type { Inventory } from './inventory.ts'
import { StoreRecovery } from './recovery.ts'

export const STORE = 'store'

export function storeKind(options: TreeOptions, flare: FlareOptions, ports: TreePorts): ActorKind {
  return { kind: STORE, create: () => new Store(options, flare, ports) }
}

interface Early {
  readonly message: Message
  readonly question: Question
}

/** Questions kept until the disk is read. */
const EARLY_MAX = 1000

class Store implements Actor {
  readonly #options: TreeOptions
  readonly #flare: FlareOptions
  readonly #ports: TreePorts
  readonly #recovery = new StoreRecovery()
  #inventory: Inventory | undefined
  #births: Births | undefined
  #beats: Beats | undefined
  #early: Early[] = []

  constructor(options: TreeOptions, flare: FlareOptions, ports: TreePorts) {
    this.#options = options
    this.#flare = flare
    this.#ports = ports
  }

  receive(input: Input, context: Context): void {
    switch (input.type) {
      case 'start':
        this.#recovery.begin(context)
        return
      case 'scanned':
      case 'fetched':
        this.#recovered(this.#recovery.take(input, context), context)
        return
      case 'landed':
        this.#births?.landed(input.tag, context)
        return
      case 'timer':
        this.#beats?.beat(context)
        return
      case 'answer':
        this.#beats?.answered(input.outcome, context)
        return
      case 'message':
        if (input.message.kind === 'store.report') this.#report(input.message as StoreReport)
        else if (input.question !== undefined) this.#ask(input.message, input.question, context)
        return
      default:
        return
    }
  }

  inspect(): object {
    return { peers: [...(this.#inventory?.residents() ?? [])] }
  }

  #recovered(inventory: Inventory | undefined, context: Context): void {
    if (inventory === undefined) return
    this.#inventory = inventory
    this.#births = new Births(inventory, this.#options, (start, at) => this.#start(start, at))
    this.#beats = new Beats(inventory, this.#options, this.#flare, this.#ports)
    this.#beats.begin(context)
    this.#greetKeepers(inventory, context)
    for (const { message, question } of this.#early) this.#ask(message, question, context)
    this.#early = []
  }

  #ask(message: Message, question: Question, context: Context): void {
    const inventory = this.#inventory
    const births = this.#births
    if (inventory === undefined || births === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push({ message, question })
      else done(question, 'this store has not read its disk yet', context)
      return
    }
    switch (message.kind) {
      case 'store.create':
        births.create(message as StoreCreate, question, context)
        return
      case 'store.invite':
        births.invite(message as StoreInvite, question, context)
        return
      case 'store.split':
        births.split(message as StoreSplit, question, context)
        return
      case 'store.destroy':
        this.#destroy(inventory, message as StoreDestroy, question, context)
        return
      case 'keeper.hello':
        this.#greet(inventory, message as KeeperHello, question, context)
        return
      default:
        return
    }
  }

  #report(report: StoreReport): void {
    this.#inventory?.reported(report)
    this.#beats?.reported(report)
  }

  #destroy(
    inventory: Inventory,
    { region, peer, cleared }: StoreDestroy,
    question: Question,
    context: Context,
  ): void {
    context.write(inventory.leave(region, peer, cleared))
    if (cleared) {
      const stop: KeeperStop = { kind: 'keeper.stop', region }
      context.send(this.#keeper(region), stop)
    }
    done(question, undefined, context)
  }

  #greet(inventory: Inventory, { shard }: KeeperHello, question: Question, context: Context): void {
    context.answer(question, this.#regionsOf(inventory, shard))
  }

  /** An earlier life may have had no time to name those who were born last. All say anew how they stand. */
  #greetKeepers(inventory: Inventory, context: Context): void {
    const ask: RegionReportAsk = { kind: 'region.report' }
    for (let shard = 0; shard <= this.#options.workers; shard++) {
      context.send(this.#keeperOf(shard), this.#regionsOf(inventory, shard))
      context.send(this.#keeperOf(shard), ask)
    }
  }

  #regionsOf(inventory: Inventory, shard: number): KeeperRegions {
    const { workers } = this.#options
    const regions = inventory.regions().filter((it) => shardOfKey(String(it), workers) === shard)
    return { kind: 'keeper.regions', regions }
  }

  #start(start: KeeperStart, context: Context): void {
    context.send(this.#keeper(start.region), start)
  }

  #keeper(region: number): Address {
    return this.#keeperOf(shardOfKey(String(region), this.#options.workers))
  }

  #keeperOf(shard: number): Address {
    return address(this.#options.node, 'region-keeper', String(shard))
  }
}

function done(question: Question, refusal: string | undefined, context: Context): void {
  const is: StoreDone = { kind: 'store.done', refusal }
  context.answer(question, is)
}
