/** Faults for tests and `debug.faults`: what passes to or from a peer is lost, until it is healed. */

import type { NodeName } from '../../base/ids.ts'

export type Direction = 'in' | 'out' | 'both'

export interface Blocked {
  readonly incoming: boolean
  readonly outgoing: boolean
}

/** What the owner of the links may break. */
export interface LinkFaults {
  /** Loses everything from here to the peer (`out`), from it to here (`in`), or both. */
  block(peer: NodeName, direction: Direction): void
  unblock(peer: NodeName): void
}

const NOTHING: Blocked = { incoming: false, outgoing: false }

export class Faults implements LinkFaults {
  readonly #blocked = new Map<NodeName, Blocked>()
  readonly #changed: (peer: NodeName, blocked: Blocked) => void

  constructor(changed: (peer: NodeName, blocked: Blocked) => void) {
    this.#changed = changed
  }

  block(peer: NodeName, direction: Direction): void {
    const before = this.#blocked.get(peer) ?? NOTHING
    const blocked = {
      incoming: before.incoming || direction !== 'out',
      outgoing: before.outgoing || direction !== 'in',
    }
    this.#blocked.set(peer, blocked)
    this.#changed(peer, blocked)
  }

  unblock(peer: NodeName): void {
    this.#blocked.delete(peer)
    this.#changed(peer, NOTHING)
  }

  has(peer: NodeName): boolean {
    return this.#blocked.has(peer)
  }
}
