/**
 * Where the leader's actor of this kind lives, for one that does not sit beside the leader. On a node with
 * a member of group `system` its group says so; any other tries the founders in turn, the last good one first.
 */

import type { NodeName } from '../../base/ids.ts'
import { SYSTEM } from '../flare-options.ts'
import type { TreeOptions } from '../options.ts'

export class Reach {
  readonly #founders: readonly NodeName[]
  readonly #self: NodeName
  readonly #member: boolean
  #leader: NodeName | undefined
  #good = 0

  constructor({ node, founders, groups }: TreeOptions) {
    this.#self = node
    this.#founders = founders
    this.#member = groups.includes(SYSTEM)
  }

  /** By this node's member of the group. */
  told(leader: NodeName | undefined): void {
    this.#leader = leader
  }

  get leader(): NodeName | undefined {
    return this.#leader
  }

  /** Whom to ask after so many in vain; undefined: nobody more. */
  whom(attempt: number): NodeName | undefined {
    if (!this.#member) {
      const count = this.#founders.length
      return attempt < count ? this.#founders[(this.#good + attempt) % count] : undefined
    }
    return attempt > 0 || this.#leader === this.#self ? undefined : this.#leader
  }

  /** This one did answer. */
  reached(node: NodeName): void {
    if (!this.#member) this.#good = Math.max(0, this.#founders.indexOf(node))
  }
}
