/**
 * Lets at most two snapshots leave this node at a time, of whatever groups. A place that is not claimed
 * again for a while is free: its group died, or the leader is another. A gate that starts over knows
 * nobody and hears of the claims that stand within a few seconds.
 */

import type { Actor, ActorKind, Context, Input } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { SnapshotClaim, SnapshotClaimed, SnapshotPlace } from '../../wire/messages/snapshot.ts'

export const SNAPSHOT_GATE = 'snapshot-gate'
/** The one key of this kind on a node. */
export const SENDS = 'sends'

const PLACES = 2
const CLAIM_MS = 10_000

export const gateOf = ({ node }: Address): Address => address(node, SNAPSHOT_GATE, SENDS)

export function snapshotGateKind(): ActorKind {
  return { kind: SNAPSHOT_GATE, create: () => new SnapshotGate() }
}

class SnapshotGate implements Actor {
  /** Until when each place is claimed. */
  readonly #claims = new Map<string, number>()

  receive(input: Input, context: Context): void {
    if (input.type !== 'message') return
    const { message, question } = input
    if (message.kind === 'snapshot.claim' && question !== undefined) {
      const granted = this.#claim(nameOf(message as SnapshotClaim), context.nowMs)
      const claimed: SnapshotClaimed = { kind: 'snapshot.claimed', granted }
      context.answer(question, claimed)
    } else if (message.kind === 'snapshot.keep') {
      this.#claims.set(nameOf(message as SnapshotPlace), context.nowMs + CLAIM_MS)
    } else if (message.kind === 'snapshot.leave') {
      this.#claims.delete(nameOf(message as SnapshotPlace))
    }
  }

  inspect(): object {
    return { claims: [...this.#claims.keys()] }
  }

  #claim(name: string, nowMs: number): boolean {
    for (const [other, untilMs] of this.#claims) if (untilMs <= nowMs) this.#claims.delete(other)
    if (this.#claims.size >= PLACES && !this.#claims.has(name)) return false
    this.#claims.set(name, nowMs + CLAIM_MS)
    return true
  }
}

/** A group sends one snapshot at a time to each of its members. */
const nameOf = ({ group, to }: SnapshotClaim | SnapshotPlace): string => `${group} to ${to}`
