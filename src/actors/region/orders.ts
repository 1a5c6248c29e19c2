/**
 * What the driver wants, on the leader. A driver of an older term than one seen before is refused, now and when
 * its entry is applied; so is what it wants of a region that is not what it believes it to be.
 */

import { checkEpoch, type EpochUse } from '../../core/region/epoch.ts'
import type { RegionOrder } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { RegionOrderDone, RegionOrdered } from '../../wire/messages/region.ts'
import { encodeRegionEntry } from '../../wire/region-entry.ts'
import type { Leadership } from './leadership.ts'
import type { Members } from './members.ts'
import type { Replica } from './replica.ts'
import type { Splits } from './splits.ts'

const USES: Readonly<Record<RegionOrder['order'], EpochUse>> = {
  'add-learner': 'peers',
  switch: 'peers',
  remove: 'peers',
  transfer: 'none',
  split: 'split',
}

export class Orders {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #members: Members
  readonly #splits: Splits

  constructor(replica: Replica, leadership: Leadership, members: Members, splits: Splits) {
    this.#replica = replica
    this.#leadership = leadership
    this.#members = members
    this.#splits = splits
  }

  take(message: RegionOrdered, question: Question, context: Context): void {
    const refusal = this.#refusal(message) ?? this.#carryOut(message, context)
    const done: RegionOrderDone = { kind: 'region.ordered', refusal }
    context.answer(question, done)
    this.#replica.actSoon(context)
  }

  #refusal({ driverEpoch, epoch, order }: RegionOrdered): string | undefined {
    const refusal = this.#leadership.refusal()
    if (refusal !== undefined) return refusal.reason
    const known = this.#replica.state.driverEpoch
    if (driverEpoch < known)
      return `the driver of term ${known} has been here: ${driverEpoch} is over`
    const verdict = checkEpoch(this.#replica.descriptor.epoch, epoch, USES[order.order])
    return verdict === 'ok' ? undefined : `the region's epoch is another: ${verdict}`
  }

  #carryOut({ driverEpoch, order }: RegionOrdered, context: Context): string | undefined {
    switch (order.order) {
      case 'add-learner':
        return this.#members.addLearner(order, driverEpoch)
      case 'switch':
        return this.#remember(driverEpoch) ?? this.#members.switch(order)
      case 'remove':
        return this.#remember(driverEpoch) ?? this.#members.remove(order)
      case 'transfer':
        return this.#remember(driverEpoch) ?? this.#members.transfer(order)
      case 'split':
        return this.#splits.order(order, driverEpoch, context)
    }
  }

  /** Before what it ordered, in the log: from then on no older driver is heard. */
  #remember(driverEpoch: number): string | undefined {
    if (driverEpoch <= this.#replica.state.driverEpoch) return undefined
    const outcome = this.#replica.raft.propose(encodeRegionEntry({ type: 'driver', driverEpoch }))
    return outcome.ok ? undefined : outcome.reason
  }
}
