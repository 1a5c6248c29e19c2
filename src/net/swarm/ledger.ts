/** What went to and came from each peer, over all its connections. */

import type { NodeName } from '../../base/ids.ts'
import type { LinkPeer } from '../link.ts'

export interface Account {
  sentBytes: number
  receivedBytes: number
  droppedFrames: number
}

export class Ledger {
  readonly #accounts = new Map<NodeName, Account>()

  of(name: NodeName): Account {
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = { sentBytes: 0, receivedBytes: 0, droppedFrames: 0 }
      this.#accounts.set(name, account)
    }
    return account
  }

  rows(connected: (name: NodeName) => boolean): LinkPeer[] {
    return [...this.#accounts].map(([name, account]) => ({
      name,
      connected: connected(name),
      ...account,
    }))
  }
}
