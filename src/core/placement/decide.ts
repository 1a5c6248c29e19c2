/**
 * What is to be done with one region now: the rules in their order, and what holds them back. `explain` is
 * the same walk, to its end and without doing anything.
 */

import { balanceLeaders, balanceReplicas, spread } from './balance.ts'
import type { RegionSeen } from './regions.ts'
import { drain, enoughReplicas, replaceLost, strayLearners } from './repair.ts'
import { nothing, type Rule, type Wish } from './rule.ts'
import type { Verdict } from './types.ts'
import type { View } from './view.ts'

const RULES: readonly Rule[] = [
  strayLearners,
  replaceLost,
  drain,
  enoughReplicas,
  spread,
  balanceReplicas,
  balanceLeaders,
]

export interface Decision {
  readonly rule: string
  readonly wish: Exclude<Wish, { readonly want: 'nothing' }>
}

/** Undefined: nothing. */
export function decide(seen: RegionSeen, view: View): Decision | undefined {
  if (busy(seen, view) !== undefined) return undefined
  for (const rule of RULES) {
    const wish = bounded(rule.look(seen, view), seen, view)
    if (wish.want !== 'nothing') return { rule: rule.name, wish }
  }
  return undefined
}

/** A word of each rule. */
export function explain(seen: RegionSeen, view: View): readonly Verdict[] {
  const held = busy(seen, view)
  const verdicts = RULES.map((rule): Verdict => {
    const wish = bounded(rule.look(seen, view), seen, view)
    return { rule: rule.name, acts: wish.want !== 'nothing', reason: wish.reason }
  })
  if (held === undefined) return verdicts
  return [held, ...verdicts.map((verdict) => ({ ...verdict, acts: false }))]
}

/** Why the region is left alone altogether. */
function busy({ descriptor, leader }: RegionSeen, view: View): Verdict | undefined {
  const move = view.picture.moves.get(descriptor.id)
  if (move !== undefined)
    return { rule: move.rule, acts: true, reason: `under way: ${move.reason}` }
  const word = (reason: string): Verdict => ({ rule: 'ready', acts: false, reason })
  if (!view.settled) return word('the driver has only just come to lead')
  if (leader === undefined) return word('nobody has said that they lead it')
  return undefined
}

/** The same wish, or why there is no room for it now. */
function bounded(wish: Wish, { descriptor }: RegionSeen, view: View): Wish {
  if (wish.want !== 'move') return wish
  const { moves, movesPerStore } = view.limits
  const held = (why: string): Wish => nothing(`${wish.reason}, but ${why}`)
  if (view.picture.moves.size >= moves) return held(`${moves} moves are under way already`)
  const from = descriptor.peers.find(({ peer }) => peer === wish.remove)?.store
  for (const name of [from, wish.to?.name]) {
    if (name !== undefined && view.weight(name).moves >= movesPerStore) {
      return held(`store ${name} takes part in ${movesPerStore} moves already`)
    }
  }
  return wish
}
