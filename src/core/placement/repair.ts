/** Rules that mend: what is lost is replaced, what is too few or too many is made right. */

import type { RegionPeer } from '../region/types.ts'
import type { RegionSeen } from './regions.ts'
import { nothing, type Rule, type Wish } from './rule.ts'
import { bestTaker, crowding, storesOf } from './spread.ts'
import { storeOf } from './stores.ts'
import type { View } from './view.ts'

const votersOf = ({ descriptor }: RegionSeen): readonly RegionPeer[] =>
  descriptor.peers.filter(({ role }) => role === 'voter')

/** A learner that no move brings in: what is left of a move that was given up. */
export const strayLearners: Rule = {
  name: 'stray-learners',
  look({ descriptor }) {
    const stray = descriptor.peers.find(({ role }) => role === 'learner')
    if (stray === undefined) return nothing('no learner is left over')
    const reason = `the learner on ${stray.store} belongs to no move`
    return { want: 'move', to: undefined, remove: stray.peer, reason }
  },
}

export const replaceLost: Rule = {
  name: 'replace-lost',
  look(seen, view) {
    const voters = votersOf(seen)
    const lost = voters.find((peer) => view.isLost(peer))
    if (lost === undefined) return nothing('no replica is lost')
    const live = voters.filter((peer) => view.isLive(peer)).length
    const what = `${whyLost(lost, view)}`
    if (live * 2 <= voters.length) {
      return nothing(`${what}, but only ${live} of ${voters.length} voters live: it cannot change`)
    }
    const to = bestTaker(
      view,
      view.takers(seen.descriptor),
      storesOf(view, seen.descriptor, lost.peer),
    )
    if (to !== undefined) return { want: 'move', to, remove: lost.peer, reason: what }
    // The very store that lost it may take it again, but not beside itself.
    const emptied = view.picture.stores.get(lost.store)
    if (emptied !== undefined && emptied.incarnation !== lost.incarnation && voters.length > 1) {
      return { want: 'move', to: undefined, remove: lost.peer, reason: what }
    }
    return nothing(`${what}, but no other store can take a replica`)
  },
}

export const drain: Rule = {
  name: 'drain',
  look(seen, view) {
    const { descriptor } = seen
    const leaving = votersOf(seen).find((peer) => storeOf(view.picture, peer)?.state === 'draining')
    if (leaving === undefined) return nothing('no replica lies on a draining store')
    const reason = `store ${leaving.store} is drained`
    const to = bestTaker(view, view.takers(descriptor), storesOf(view, descriptor, leaving.peer))
    if (to === undefined) return nothing(`${reason}, but no other store can take a replica`)
    return { want: 'move', to, remove: leaving.peer, reason }
  },
}

export const enoughReplicas: Rule = {
  name: 'enough-replicas',
  look(seen, view) {
    const voters = votersOf(seen).length
    const { replicas } = view.limits
    if (voters === replicas) return nothing(`it has ${voters} replicas, as it should`)
    return voters < replicas ? oneMore(seen, view, voters) : oneLess(seen, view, voters)
  },
}

function oneMore({ descriptor }: RegionSeen, view: View, voters: number): Wish {
  const reason = `it has ${voters} of ${view.limits.replicas} replicas`
  const to = bestTaker(view, view.takers(descriptor), storesOf(view, descriptor))
  if (to === undefined) return nothing(`${reason}, but no other store can take one`)
  return { want: 'move', to, remove: undefined, reason }
}

/** The one that shares most with the others goes, and of those the one on the fullest store. */
function oneLess(seen: RegionSeen, view: View, voters: number): Wish {
  const cost = (peer: RegionPeer): readonly [number, number] => {
    const store = storeOf(view.picture, peer)
    if (store === undefined) return [Number.POSITIVE_INFINITY, 0]
    const others = storesOf(view, seen.descriptor, peer.peer)
    return [crowding(store, others), view.weight(peer.store).score]
  }
  const [goes] = [...votersOf(seen)].sort((a, b) => {
    const [one, two] = [cost(a), cost(b)]
    return two[0] - one[0] || two[1] - one[1] || a.peer - b.peer
  })
  const reason = `it has ${voters} replicas, ${view.limits.replicas} are enough`
  return { want: 'move', to: undefined, remove: goes?.peer, reason }
}

function whyLost(peer: RegionPeer, view: View): string {
  const store = view.picture.stores.get(peer.store)
  if (store === undefined) return `store ${peer.store} is unknown`
  if (store.incarnation !== peer.incarnation) return `store ${peer.store} lost its disk`
  if (store.state === 'gone') return `store ${peer.store} was taken out`
  return `store ${peer.store} has not been heard of for ${Math.round(view.limits.deadMs / 60_000)} minutes`
}
