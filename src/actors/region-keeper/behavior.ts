/**
 * Starts and stops the regions of its shard, at the store's word: actors are started by somebody of their own
 * shard. A new life asks the store who lives here.
 */

import type { Actor, ActorKind, Context, Input } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type {
  KeeperHello,
  KeeperRegions,
  KeeperStart,
  KeeperStop,
} from '../../wire/messages/store.ts'
import { REGION } from '../region/replica.ts'
import { STORE } from '../store/behavior.ts'

export const REGION_KEEPER = 'region-keeper'

/** What pulse, store and the node want of all regions of the shard. */
const FORWARDED = new Set(['pulse.ask', 'region.report', 'region.hand-over'])
const HELLO_MS = 3000
const AGAIN_MS = 200
const HELLO = 'hello'

export function regionKeeperKind(): ActorKind {
  return { kind: REGION_KEEPER, create: (at) => new RegionKeeper(Number(at.key)) }
}

class RegionKeeper implements Actor {
  readonly #shard: number
  readonly #regions = new Set<number>()

  constructor(shard: number) {
    this.#shard = shard
  }

  receive(input: Input, context: Context): void {
    if (input.type === 'start' || input.type === 'timer') this.#ask(context)
    else if (input.type === 'answer') {
      if (input.outcome.ok) this.#start((input.outcome.message as KeeperRegions).regions, context)
      else context.setTimer(HELLO, AGAIN_MS)
    } else if (input.type === 'message' && input.message.kind === 'keeper.start') {
      const { region, campaign } = input.message as KeeperStart
      this.#start([region], context)
      if (campaign) context.sendNow(regionAt(region, context), { kind: 'region.campaign' })
    } else if (input.type === 'message' && input.message.kind === 'keeper.regions') {
      this.#start((input.message as KeeperRegions).regions, context)
    } else if (input.type === 'message' && input.message.kind === 'keeper.stop') {
      const { region } = input.message as KeeperStop
      this.#regions.delete(region)
      context.stop(REGION, String(region))
    } else if (input.type === 'message' && FORWARDED.has(input.message.kind)) {
      for (const region of this.#regions) context.sendNow(regionAt(region, context), input.message)
    }
  }

  inspect(): object {
    return { regions: this.#regions.size }
  }

  #ask(context: Context): void {
    const hello: KeeperHello = { kind: 'keeper.hello', shard: this.#shard }
    const { node } = context.self
    context.ask(address(node, STORE, node), hello, { tag: HELLO, timeoutMs: HELLO_MS })
  }

  #start(regions: readonly number[], context: Context): void {
    for (const region of regions) {
      this.#regions.add(region)
      context.start(REGION, String(region))
    }
  }
}

const regionAt = (region: number, { self }: Context): Address =>
  address(self.node, REGION, String(region))
