/** Questions of the driver to regions' leaders: how it stands, and orders under the driver's epoch. */

import type { RegionSeen } from '../../core/placement/regions.ts'
import type { RegionEpoch, RegionId, RegionOrder } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { RegionOrderDone, RegionOrdered } from '../../wire/messages/region.ts'
import type { Driving } from './driving.ts'

const ASK_MS = 2000

type Then = (outcome: AskOutcome, context: Context) => void

/** One tag family for all of them: what is still asked, and what becomes of the answer. */
export class Leaders {
  readonly #driving: Driving
  readonly #asked = new Map<string, Then>()
  #number = 0

  constructor(driving: Driving) {
    this.#driving = driving
  }

  static readonly TAG = 'leader:'

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    const then = this.#asked.get(tag)
    this.#asked.delete(tag)
    then?.(outcome, context)
  }

  /** Whoever leads as far as the driver knows; false: nobody. */
  status({ descriptor, leader }: RegionSeen, context: Context, then: Then): boolean {
    if (leader === undefined) return false
    this.#ask(leader, descriptor.id, { kind: 'region.status' }, context, then)
    return true
  }

  /** `told` hears why not; undefined: done, or under way. */
  order(
    { leader, id, epoch }: { leader: RegionSeen['leader']; id: RegionId; epoch: RegionEpoch },
    order: RegionOrder,
    context: Context,
    told: (refusal: string | undefined, context: Context) => void,
  ): void {
    if (leader === undefined) {
      told('nobody is known to lead it', context)
      return
    }
    const message: RegionOrdered = {
      kind: 'region.order',
      driverEpoch: this.#driving.term,
      epoch,
      order,
    }
    this.#ask(leader, id, message, context, (outcome, later) => told(refusalIn(outcome), later))
  }

  #ask(
    leader: NonNullable<RegionSeen['leader']>,
    id: RegionId,
    message: Message,
    context: Context,
    then: Then,
  ): void {
    this.#number += 1
    const tag = `${Leaders.TAG}${this.#number}`
    this.#asked.set(tag, then)
    context.ask(address(leader, 'region', String(id)), message, { tag, timeoutMs: ASK_MS })
  }
}

function refusalIn(outcome: AskOutcome): string | undefined {
  if (!outcome.ok) return `its leader did not answer: ${outcome.reason}`
  if (outcome.message.kind === 'region.ordered') return (outcome.message as RegionOrderDone).refusal
  return `its leader answered ${outcome.message.kind}`
}
