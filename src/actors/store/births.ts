/**
 * How peers come to life on this store. What a founder or a guest begins with is written here, and its keeper
 * hears of it when that has landed; children of a split are on disk already.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { RegionDescriptor, RegionId } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { StoreOp } from '../../storage/store.ts'
import type { RegionExpelled } from '../../wire/messages/region.ts'
import type {
  KeeperStart,
  StoreCreate,
  StoreDone,
  StoreInvite,
  StoreSplit,
} from '../../wire/messages/store.ts'
import type { TreeOptions } from '../options.ts'
import { founderOps, guestOps, ownPeer } from '../region/birth.ts'
import { REGION } from '../region/replica.ts'
import type { Inventory } from './inventory.ts'

interface Birth {
  readonly region: RegionId
  readonly questions: Question[]
}

const TAG = 'born:'

export class Births {
  readonly #inventory: Inventory
  readonly #options: TreeOptions
  readonly #start: (start: KeeperStart, context: Context) => void
  /** Not on disk yet. */
  readonly #births = new Map<RegionId, Birth>()

  constructor(
    inventory: Inventory,
    options: TreeOptions,
    start: (start: KeeperStart, context: Context) => void,
  ) {
    this.#inventory = inventory
    this.#options = options
    this.#start = start
  }

  create({ descriptor }: StoreCreate, question: Question, context: Context): void {
    const peer = ownPeer(descriptor, this.#options)
    if (peer === undefined) {
      told(question, 'this store is none of those that found the region', context)
      return
    }
    this.#bear(descriptor, peer.peer, question, context, () => founderOps(descriptor, peer.peer))
  }

  invite({ descriptor, peer }: StoreInvite, question: Question, context: Context): void {
    const here = this.#inventory.find(descriptor.id)
    // An older peer of the region, which may not know yet that it is none.
    if (here !== undefined && here.peer < peer) this.#expel(descriptor, context)
    this.#bear(descriptor, peer, question, context, () => guestOps(descriptor, peer))
  }

  /** All of it is on disk since before the parent said so. */
  split({ descriptors, campaign }: StoreSplit, question: Question, context: Context): void {
    const [parent, ...children] = descriptors
    this.#inventory.describe(must(parent, 'the parent comes first'))
    for (const child of children) {
      const peer = ownPeer(child, this.#options)
      if (peer === undefined) continue
      const verdict = this.#inventory.judge(child, peer.peer)
      if (verdict.is === 'new') {
        this.#inventory.add(child, peer.peer)
        this.#start({ kind: 'keeper.start', region: child.id, campaign }, context)
      } else if (verdict.is === 'refused') {
        context.log.warn({ region: child.id, reason: verdict.reason }, 'a child stays unborn')
      }
    }
    told(question, undefined, context)
  }

  landed(tag: string, context: Context): void {
    if (!tag.startsWith(TAG)) return
    const region = Number(tag.slice(TAG.length)) as RegionId
    const birth = must(this.#births.get(region), 'only what is born lands')
    this.#births.delete(region)
    this.#start({ kind: 'keeper.start', region, campaign: false }, context)
    for (const question of birth.questions) told(question, undefined, context)
  }

  #expel(descriptor: RegionDescriptor, context: Context): void {
    const expelled: RegionExpelled = { kind: 'region.expelled', descriptor }
    context.send(address(this.#options.node, REGION, String(descriptor.id)), expelled)
  }

  #bear(
    descriptor: RegionDescriptor,
    peer: PeerId,
    question: Question,
    context: Context,
    ops: () => readonly StoreOp[],
  ): void {
    const verdict = this.#inventory.judge(descriptor, peer)
    if (verdict.is === 'refused') {
      told(question, verdict.reason, context)
      return
    }
    const { id } = descriptor
    const underWay = this.#births.get(id)
    if (underWay !== undefined) underWay.questions.push(question)
    else if (verdict.is === 'here') told(question, undefined, context)
    else {
      this.#inventory.add(descriptor, peer)
      this.#births.set(id, { region: id, questions: [question] })
      context.write(ops())
      context.whenLanded(`${TAG}${id}`)
    }
  }
}

function told(question: Question, refusal: string | undefined, context: Context): void {
  const done: StoreDone = { kind: 'store.done', refusal }
  context.answer(question, done)
}
