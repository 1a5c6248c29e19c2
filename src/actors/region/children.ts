/**
 * Hands the children of a split over to the store: their first rows go to disk with the split itself, and once
 * all that this actor wrote has landed, other shards may have them. A note on disk stands for those whose
 * store has not answered.
 */

import type { ChildStart } from '../../core/region/applied.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import { readRegionMark, regionMarkKey } from '../../storage/region-marks.ts'
import { readSplitNote, splitNoteOp } from '../../storage/split-notes.ts'
import type { StoreOp } from '../../storage/store.ts'
import type { StoreDone, StoreSplit } from '../../wire/messages/store.ts'
import { childOps, ownPeer } from './birth.ts'
import type { Replica } from './replica.ts'

const LANDED_TAG = 'split-landed'
const ASK_TAG = 'split-told'
const ASK_MS = 3000
/** Children that stale routers are told of. */
const LATE_MAX = 64

export class Children {
  readonly #replica: Replica
  /** Not handed over yet. */
  #waiting: readonly RegionDescriptor[] = []
  /** What the store is being told of; undefined: nothing is under way. */
  #telling: readonly RegionDescriptor[] | undefined

  constructor(replica: Replica) {
    this.#replica = replica
  }

  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /** A life before this one may not have come to tell the store. */
  begin(context: Context): void {
    this.#keep(readSplitNote(this.#replica.id, (key) => context.read(key)))
    if (this.#waiting.length > 0) this.#handOver(context)
  }

  /** What their split writes beside what it applies. */
  born(starts: readonly ChildStart[], context: Context): readonly StoreOp[] {
    const { options, id } = this.#replica
    const ops: StoreOp[] = []
    for (const start of starts) {
      const peer = ownPeer(start.state.descriptor, options)?.peer
      if (peer === undefined || this.#wasHere(start, peer, context)) continue
      for (const op of childOps(start, peer)) ops.push(op)
    }
    const children = starts.map(({ state }) => state.descriptor)
    this.#replica.lateChildren = [...this.#replica.lateChildren, ...children].slice(-LATE_MAX)
    this.#keep([...this.#waiting, ...children])
    ops.push(splitNoteOp(id, this.#waiting))
    return ops
  }

  ownsTag(tag: string): boolean {
    return tag === LANDED_TAG || tag === ASK_TAG
  }

  landed(context: Context): void {
    const { descriptor, leads, options } = this.#replica
    this.#telling = this.#waiting
    const split: StoreSplit = {
      kind: 'store.split',
      descriptors: [descriptor, ...this.#waiting],
      campaign: leads,
    }
    const { node } = options
    context.ask(address(node, 'store', node), split, { tag: ASK_TAG, timeoutMs: ASK_MS })
  }

  told(outcome: AskOutcome, context: Context): void {
    const told = this.#telling ?? []
    this.#telling = undefined
    if (!outcome.ok || (outcome.message as StoreDone).refusal !== undefined) return
    this.#keep(this.#waiting.filter((child) => !told.includes(child)))
    context.writeLazily([splitNoteOp(this.#replica.id, this.#waiting)])
  }

  /** After what they begin with was written, and at each tick, for what was not heard. */
  advance(context: Context): void {
    if (this.#waiting.length > 0) this.#handOver(context)
  }

  #keep(waiting: readonly RegionDescriptor[]): void {
    this.#waiting = waiting
    this.#replica.handingOver = waiting.length > 0
  }

  /** In order with all lazy writes before: nothing of the parent's may land behind the child's first. */
  #handOver(context: Context): void {
    if (this.#telling !== undefined) return
    this.#telling = []
    context.whenAllLanded(LANDED_TAG)
  }

  /** This very peer, or a later one, came and went while this replica was behind. */
  #wasHere({ state }: ChildStart, peer: number, context: Context): boolean {
    const key = regionMarkKey(state.descriptor.id)
    const value = context.read(key)
    return value !== undefined && readRegionMark([key, value]).peer >= peer
  }
}
