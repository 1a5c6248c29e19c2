/** Timestamps from the oracle of this node, which hands on to the one that gives them. */

import type { Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { OracleStamps } from '../../wire/messages/oracle.ts'

const ASK_MS = 3000

export function askStamps(count: number, tag: string, context: Context): void {
  const ask: OracleStamps = { kind: 'oracle.stamps', count }
  const to = address(context.self.node, 'timestamp-oracle', 'system')
  // It names nothing that the disk must know of first.
  context.ask(to, ask, { tag, timeoutMs: ASK_MS, now: true })
}
