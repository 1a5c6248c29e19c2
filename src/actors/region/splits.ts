/**
 * Splitting, on the leader: by the region's own size, or because the driver wants it. Keys come from samples
 * unless they are given, ids from the driver unless they came with its order. While a split is in the log
 * nothing else is proposed.
 */

import { type Bytes, equalBytes } from '../../base/bytes.ts'
import { holdsKey } from '../../core/region/descriptor.ts'
import type { SplitEntry } from '../../core/region/entry.ts'
import { splitProblem } from '../../core/region/split.ts'
import type { Cuts } from '../../core/region/split-sample.ts'
import type { RegionOrder, SplitIds } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { Row } from '../../storage/store.ts'
import type { DriverSplitIds, DriverSplitIdsAre } from '../../wire/messages/driver.ts'
import { encodeRegionEntry } from '../../wire/region-entry.ts'
import { PLACEMENT_DRIVER, SYSTEM } from '../flare-options.ts'
import type { Heat } from './heat.ts'
import type { Leadership } from './leadership.ts'
import type { Replica } from './replica.ts'
import { Sampler } from './sampler.ts'

type SplitOrder = Extract<RegionOrder, { readonly order: 'split' }>

type Stage =
  | { readonly at: 'idle' }
  /** `ids` undefined: the driver is asked for them. */
  | {
      readonly at: 'sampling'
      readonly sampler: Sampler
      readonly driverEpoch: number
      readonly ids: readonly SplitIds[] | undefined
      /** Where, or into how many parts. */
      readonly want: readonly Bytes[] | number
    }
  | { readonly at: 'asking'; readonly cuts: Cuts }
  | { readonly at: 'in-log'; readonly index: number; readonly term: number }

const IDS_TAG = 'split-ids'
const SAMPLE_TAG = 'sample:'
const ASK_MS = 5000
const PARTS_MAX = 16
/** After a split that came to nothing. */
const PAUSE_MS = 2000
/** Looking for a key takes reading all of the region. */
const UNCUTTABLE_MS = 60_000
const IDLE: Stage = { at: 'idle' }

export class Splits {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #heat: Heat
  #stage: Stage = IDLE
  #notBeforeMs = 0
  #samplings = 0

  constructor(replica: Replica, leadership: Leadership, heat: Heat) {
    this.#replica = replica
    this.#leadership = leadership
    this.#heat = heat
  }

  /** Looks at size and load. */
  tick(context: Context): void {
    const hot = this.#heat.look(context)
    const { bytes, rows } = this.#replica.state.size
    const { splitBytes, splitRows } = this.#replica.flare.region
    const fill = Math.max(bytes / splitBytes, rows / splitRows)
    const due = this.#stage.at === 'idle' && context.nowMs >= this.#notBeforeMs
    if (!due || this.#leadership.evaluator === undefined) return
    const parts = Math.min(PARTS_MAX, Math.max(2, Math.floor(2 * fill)))
    const want = fill >= 1 ? parts : this.#inside(hot)
    if (want !== undefined) this.#sample({ driverEpoch: 0, ids: undefined, want }, context)
  }

  /** Why the order is not carried out; undefined: it is under way. */
  order(order: SplitOrder, driverEpoch: number, context: Context): string | undefined {
    if (this.#stage.at === 'in-log') return 'a split is under way already'
    const { keys, children } = order
    const problem =
      keys.length > 0
        ? splitProblem(this.#replica.descriptor, order)
        : children.length === 0
          ? 'a split needs ids for its new regions'
          : undefined
    if (problem !== undefined) return problem
    const want = keys.length > 0 ? keys : children.length + 1
    this.#sample({ driverEpoch, ids: children, want }, context)
    return undefined
  }

  ownsTag(tag: string): boolean {
    return tag === IDS_TAG || tag.startsWith(SAMPLE_TAG)
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    const stage = this.#stage
    if (stage.at !== 'sampling' || stage.sampler.tag !== tag) return
    if (!stage.sampler.page(rows, more, context)) return
    const { sampler, want } = stage
    const cuts = typeof want === 'number' ? sampler.cuts(want) : sampler.cutsAt(want)
    this.#replica.cuttable = cuts.keys.length > 0
    if (cuts.keys.length === 0) this.#pause('there is no key to split at', context, UNCUTTABLE_MS)
    else if (stage.ids === undefined) this.#askIds(cuts, context)
    else {
      const ids = stage.ids.slice(0, cuts.keys.length)
      const problem = this.#propose(cuts, ids, stage.driverEpoch)
      if (problem !== undefined) this.#pause(problem, context)
    }
  }

  ids(outcome: AskOutcome, context: Context): void {
    const stage = this.#stage
    if (stage.at !== 'asking') return
    if (!outcome.ok || outcome.message.kind !== 'driver.split-ids-are') {
      this.#pause('the driver gave no ids', context)
      return
    }
    const { ids } = outcome.message as DriverSplitIdsAre
    const problem = this.#propose(stage.cuts, ids, 0)
    if (problem !== undefined) this.#pause(problem, context)
  }

  /** An entry of the log was applied: perhaps the split. */
  applied(index: number): void {
    if (this.#stage.at !== 'in-log' || this.#stage.index !== index) return
    this.#stage = IDLE
    this.#leadership.evaluator?.thaw()
  }

  /** Leadership is over. */
  end(): void {
    this.#stage = IDLE
  }

  /** The keys to cut at, if this is one. */
  #inside(key: Bytes | undefined): readonly Bytes[] | undefined {
    if (key === undefined) return undefined
    const { descriptor } = this.#replica
    return holdsKey(descriptor, key) && !equalBytes(descriptor.from, key) ? [key] : undefined
  }

  #sample(
    wish: Omit<Extract<Stage, { readonly at: 'sampling' }>, 'at' | 'sampler'>,
    context: Context,
  ): void {
    const { data, descriptor } = this.#replica
    this.#samplings += 1
    const tag = `${SAMPLE_TAG}${this.#samplings}`
    const sampler = new Sampler(tag, data, descriptor)
    this.#stage = { at: 'sampling', sampler, ...wish }
    sampler.begin(context)
  }

  #askIds(cuts: Cuts, context: Context): void {
    this.#stage = { at: 'asking', cuts }
    const { id, descriptor, options } = this.#replica
    const ask: DriverSplitIds = {
      kind: 'driver.split-ids',
      region: id,
      epoch: descriptor.epoch,
      parts: cuts.keys.length + 1,
    }
    const to = address(options.node, PLACEMENT_DRIVER, SYSTEM)
    context.ask(to, ask, { tag: IDS_TAG, timeoutMs: ASK_MS })
  }

  #propose(
    { keys, sizes }: Cuts,
    children: readonly SplitIds[],
    driverEpoch: number,
  ): string | undefined {
    const { descriptor, raft } = this.#replica
    const { evaluator } = this.#leadership
    const entry: SplitEntry = {
      type: 'split',
      epoch: descriptor.epoch,
      driverEpoch,
      keys,
      children,
      sizes,
    }
    const problem = splitProblem(descriptor, entry)
    if (problem !== undefined) return problem
    if (evaluator === undefined) return 'not-ready'
    evaluator.freeze()
    const outcome = raft.propose(encodeRegionEntry(entry))
    if (outcome.ok) this.#stage = { at: 'in-log', index: outcome.index, term: outcome.term }
    else evaluator.thaw()
    return outcome.ok ? undefined : outcome.reason
  }

  #pause(reason: string, context: Context, forMs = PAUSE_MS): void {
    context.log.info({ reason }, 'a split came to nothing')
    this.#stage = IDLE
    this.#notBeforeMs = context.nowMs + forMs
  }
}
