/**
 * Rules that make it better without need: replicas in different failure domains, stores equally full, leaders
 * equally many. Each wants only what strictly improves its measure and spoils none above it, so they end.
 */

import type { RegionPeer } from '../region/types.ts'
import type { RegionSeen } from './regions.ts'
import { nothing, type Rule } from './rule.ts'
import { bestTaker, crowding, storesOf } from './spread.ts'
import { storeOf } from './stores.ts'
import { scoreOf, type View } from './view.ts'

/** Without need nothing is moved of a region that lacks anybody. */
const allLive = ({ descriptor }: RegionSeen, view: View): boolean =>
  descriptor.peers.every((peer) => view.isLive(peer))

const AWAY = 'not all of its replicas are live'

export const spread: Rule = {
  name: 'spread',
  look(seen, view) {
    if (!allLive(seen, view)) return nothing(AWAY)
    const { descriptor } = seen
    for (const peer of descriptor.peers) {
      const store = storeOf(view.picture, peer)
      if (store === undefined) continue
      const others = storesOf(view, descriptor, peer.peer)
      const now = crowding(store, others)
      // Nothing is shared less than nothing.
      const to = now === 0 ? undefined : bestTaker(view, view.takers(descriptor), others)
      if (to === undefined) continue
      const then = crowding(to, others)
      if (then >= now) continue
      const reason = `${peer.store} shares ${now} labels with the other replicas, ${to.name} ${then}`
      return { want: 'move', to, remove: peer.peer, reason }
    }
    return nothing('no store shares fewer labels with the other replicas')
  },
}

/** A move pays when the fuller store stays at least as full as the other becomes. */
export const balanceReplicas: Rule = {
  name: 'balance-replicas',
  look(seen, view) {
    if (!allLive(seen, view)) return nothing(AWAY)
    const { descriptor } = seen
    const score = scoreOf(seen)
    const byScore = [...descriptor.peers].sort((a, b) => scoreAt(b, view) - scoreAt(a, view))
    for (const peer of byScore) {
      const store = storeOf(view.picture, peer)
      if (store === undefined) continue
      const others = storesOf(view, descriptor, peer.peer)
      const better = view
        .takers(descriptor)
        .filter((taker) => crowding(taker, others) <= crowding(store, others))
        .filter(({ name }) => scoreAt(peer, view) - view.weight(name).score > score)
      const to = bestTaker(view, better, others)
      if (to === undefined) continue
      const reason = `${peer.store} holds ${shown(scoreAt(peer, view))}, ${to.name} ${shown(view.weight(to.name).score)}`
      return { want: 'move', to, remove: peer.peer, reason }
    }
    return nothing('no store is emptier by more than this region')
  },
}

export const balanceLeaders: Rule = {
  name: 'balance-leaders',
  look(seen, view) {
    const { descriptor, leader } = seen
    if (leader === undefined) return nothing('nobody is known to lead it')
    const [to] = descriptor.peers
      .filter((peer) => peer.role === 'voter' && peer.store !== leader && mayLead(peer, view))
      .sort((a, b) => leadersAt(a, view) - leadersAt(b, view) || a.peer - b.peer)
    if (to === undefined) return nothing('no other replica may lead')
    const [now, then] = [view.weight(leader).leaders, leadersAt(to, view)]
    if (view.picture.stores.get(leader)?.state === 'draining') {
      return { want: 'transfer', to: to.peer, reason: `store ${leader} is drained` }
    }
    if (now - then < 2) return nothing(`${leader} leads ${now} regions, ${to.store} ${then}`)
    return { want: 'transfer', to: to.peer, reason: `${leader} leads ${now}, ${to.store} ${then}` }
  },
}

const mayLead = (peer: RegionPeer, view: View): boolean =>
  view.isLive(peer) && storeOf(view.picture, peer)?.state === 'up'

const leadersAt = (peer: RegionPeer, view: View): number => view.weight(peer.store).leaders

const scoreAt = (peer: RegionPeer, view: View): number => view.weight(peer.store).score

const shown = (score: number): string => `${Math.round(score * 10) / 10}`
