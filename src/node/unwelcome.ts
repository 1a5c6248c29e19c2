/**
 * When a node gives up because nobody takes it: more than half of the other founders turned it away
 * and no link of its own ever stood. A single refusal proves nothing – the other one may be wrong.
 */

import type { Refusal } from '../net/swarm/swarm-options.ts'

/** Links to those who would take us have this long to come up. */
const GRACE_MS = 3_000

const MEND: Readonly<Record<Refusal['cause'], string>> = {
  secret: 'cluster.secret is not the secret of the cluster; set the one the other nodes have',
  cluster: 'cluster.name is not the name of the cluster at these addresses; set links.bootstrap',
  version: 'the other nodes speak another wire version; run the release that they run',
  identity: 'the other nodes refuse who this node says it is',
}

export class Unwelcome {
  readonly #others: number
  readonly #giveUp: (reason: string) => void
  readonly #graceMs: number
  readonly #refusedBy = new Set<string>()
  #accepted = false
  #deadline: NodeJS.Timeout | undefined

  /** `others` counts the other founders. */
  constructor(others: number, giveUp: (reason: string) => void, graceMs: number = GRACE_MS) {
    this.#others = others
    this.#giveUp = giveUp
    this.#graceMs = graceMs
  }

  /** A link came up: from here on whoever refuses this node is an exception. */
  accepted(): void {
    this.#accepted = true
    clearTimeout(this.#deadline)
  }

  refused({ cause, reason, byPeer, name, address }: Refusal): void {
    if (this.#accepted || (cause === 'identity' && !byPeer)) return
    this.#refusedBy.add(name ?? `${address?.host}:${address?.port}`)
    if (2 * this.#refusedBy.size <= this.#others) return
    this.#deadline ??= setTimeout(() => this.#giveUp(`${MEND[cause]} (${reason})`), this.#graceMs)
  }
}
