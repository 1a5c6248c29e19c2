/**
 * One question to one region, at the node that is thought to lead it. What it refuses mends the routes; whether
 * the same question may go again is said in the reply, and left to the caller.
 */

import type { NodeName } from '../../base/ids.ts'
import type { RegionRefusal, RoutedRegion } from '../../core/region/types.ts'
import { address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { Outside } from '../../runtime/outside.ts'
import type { RegionRefused } from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { Directory, Spot } from './directory.ts'
import { type Done, good, type Problem } from './outcome.ts'

export type Reply =
  | { readonly type: 'answer'; readonly message: Message }
  /** Find out anew who holds the key, and ask again. `lost`: repeatable, and perhaps done already. */
  | {
      readonly type: 'again'
      readonly afterMs: number
      readonly problem: Problem
      readonly lost: boolean
    }
  | { readonly type: 'ends'; readonly problem: Problem }

export interface AskOptions {
  /** Harmless twice: may be asked again although the first answer was lost. */
  readonly repeatable: boolean
  readonly attempt: Attempt
}

/** Tries without a leader after which the driver is asked for the region anew. */
const TRIES_TO_FORGET = 4

export class RegionCalls {
  readonly #outside: Outside
  readonly #directory: Directory

  constructor(outside: Outside, directory: Directory) {
    this.#outside = outside
    this.#directory = directory
  }

  /** Asks whoever holds the spot, as often as it takes; `make` gives the question for a region. */
  at(
    spot: Spot,
    make: (region: RoutedRegion) => Message,
    options: AskOptions,
    done: Done<{ readonly region: RoutedRegion; readonly message: Message }>,
  ): void {
    const { attempt } = options
    this.#directory.region(spot, attempt, (found) => {
      if (!found.ok) {
        done(found)
        return
      }
      const region = found.value
      this.ask(region, make(region), options, (reply) => {
        const retry = () => this.at(spot, make, options, done)
        const end = (problem: Problem) => done({ ok: false, problem })
        if (reply.type === 'answer') done(good({ region, message: reply.message }))
        else if (reply.type === 'ends') end(reply.problem)
        else attempt.again(reply.afterMs, reply.problem, retry, end)
      })
    })
  }

  ask(
    region: RoutedRegion,
    message: Message,
    { repeatable, attempt }: AskOptions,
    done: (reply: Reply) => void,
  ): void {
    const node = nodeOf(region, attempt)
    if (node === undefined) {
      this.#directory.cache.forget(region.descriptor.id)
      done(again(0, unreached(region, 'it has no voters')))
      return
    }
    const to = address(node, 'region', String(region.descriptor.id))
    const timeoutMs = repeatable ? attempt.tryMs : attempt.leftMs
    this.#outside.askThen(to, message, timeoutMs, (outcome) => {
      if (!outcome.ok) done(this.#unanswered(region, node, outcome.reason, repeatable, attempt))
      else if (outcome.message.kind === 'region.refused') {
        const { refusal } = outcome.message as RegionRefused
        done(this.#refused(region, node, refusal, attempt))
      } else if (outcome.message.kind === 'region.undetermined') {
        done(repeatable ? again(0, unreached(region, `${node} lost it`), true) : LOST)
      } else done({ type: 'answer', message: outcome.message })
    })
  }

  #unanswered(
    region: RoutedRegion,
    node: NodeName,
    reason: 'timeout' | 'overloaded' | 'unreachable' | 'failed',
    repeatable: boolean,
    attempt: Attempt,
  ): Reply {
    if (reason === 'overloaded') {
      const text = `${node} has more to do than it can take; ask less at once`
      return again(OVERLOADED_MS, { reason: 'overloaded', text })
    }
    if (reason === 'timeout') attempt.unanswered()
    this.#leaderLost(region, attempt)
    const certain = reason === 'unreachable'
    return certain || repeatable
      ? again(0, unreached(region, `${node}: ${reason}`), !certain)
      : LOST
  }

  #refused(region: RoutedRegion, node: NodeName, refusal: RegionRefusal, attempt: Attempt): Reply {
    const { cache } = this.#directory
    const { id } = region.descriptor
    switch (refusal.reason) {
      case 'not-leader':
        if (refusal.leader === undefined || refusal.leader === node) {
          this.#leaderLost(region, attempt)
        } else cache.leads(id, refusal.leader)
        return again(0, unreached(region, 'nobody leads it now'))
      case 'epoch': {
        const learned = refusal.regions.filter((each) => cache.learn(each))
        if (learned.length === 0) this.#leaderLost(region, attempt)
        return again(0, unreached(region, 'it is being split or moved'))
      }
      case 'not-here':
        this.#leaderLost(region, attempt)
        return again(0, unreached(region, `it is not on ${node}`))
      case 'busy':
        return again(refusal.retryMs, {
          reason: 'overloaded',
          text: `region ${id} has more to do than it can take; write less at once`,
        })
      case 'not-ready':
        return again(1, unreached(region, 'its new leader is not ready'))
      case 'too-large':
        return ends('invalid', `this is more than region ${id} takes at once; write it in parts`)
      case 'no-space':
        return ends('no-space', `the disk of ${node} is full; free space there, or add a node`)
      case 'eventual-namespace':
        this.#directory.doubt(region.descriptor.namespace)
        return ends(
          'namespace-mode',
          'the namespace is eventual: it has no versions or transactions',
        )
    }
  }

  /** Others are asked in turn; when that leads nowhere, the driver is. */
  #leaderLost({ descriptor }: RoutedRegion, attempt: Attempt): void {
    const { cache } = this.#directory
    cache.leads(descriptor.id, undefined)
    if (attempt.tries % TRIES_TO_FORGET === TRIES_TO_FORGET - 1) cache.forget(descriptor.id)
  }
}

const OVERLOADED_MS = 20

const LOST: Reply = {
  type: 'ends',
  problem: {
    reason: 'undetermined',
    text: 'the answer to this write was lost: it may have been done or not; read before writing again',
  },
}

const again = (afterMs: number, problem: Problem, lost = false): Reply => ({
  type: 'again',
  afterMs,
  problem,
  lost,
})

const ends = (reason: Problem['reason'], text: string): Reply => ({
  type: 'ends',
  problem: { reason, text },
})

const unreached = ({ descriptor }: RoutedRegion, why: string): Problem => ({
  reason: 'unavailable',
  text: `region ${descriptor.id} could not be asked: ${why}; a majority of its replicas must run`,
})

/** The leader, or some voter who may know it. */
function nodeOf({ leader, descriptor }: RoutedRegion, attempt: Attempt): NodeName | undefined {
  if (leader !== undefined) return leader
  const voters = descriptor.peers.filter(({ role }) => role === 'voter')
  return voters[attempt.tries % voters.length]?.store
}
