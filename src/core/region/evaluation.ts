/**
 * How a leader turns commands into entries: what the evaluator is told and what it asks for. The actor
 * beside it draws timestamps, reads rows, proposes, and tells what became of it.
 */

import type { RegionEntry } from './entry.ts'
import type { VersionRow, VersionSpan } from './rows.ts'
import type { RegionCommand, RegionQuery, RegionRefusal, RegionResult, Timestamp } from './types.ts'

export type EvaluatorEffect =
  /** Read these versions (one page), then `found` with the number of this read: a ticket may have several. */
  | {
      readonly type: 'read'
      readonly ticket: number
      readonly read: number
      readonly span: VersionSpan
    }
  /** What was drawn is too old by now: draw another timestamp, then `stamped`. */
  | { readonly type: 'stamp'; readonly ticket: number }
  /**
   * Propose it at once, in this order, then `applied` or, if the log did not take it, `dropped`. After
   * this the command may be done, whatever happens.
   */
  | { readonly type: 'propose'; readonly ticket: number; readonly entry: RegionEntry }
  | { readonly type: 'answer'; readonly ticket: number; readonly result: RegionResult }
  /** Certainly not done. Of reason `epoch` without regions: the actor knows them. */
  | { readonly type: 'refuse'; readonly ticket: number; readonly refusal: RegionRefusal }
  /** In the log, and this leader will not learn what becomes of it. */
  | { readonly type: 'undetermined'; readonly ticket: number }

/** One leader, one term. `Evaluator` in evaluator.ts. */
export interface CommandEvaluator {
  /**
   * A command whose epoch is right. Tickets are the caller's, each used once. `stamp`: drawn after the
   * command came in; needed where `needsStamp` says so.
   */
  submit(ticket: number, command: RegionCommand, stamp: Timestamp | undefined): void
  stamped(ticket: number, stamp: Timestamp): void
  /** `more`: the span goes on behind the last of these rows. */
  found(read: number, rows: readonly VersionRow[], more: boolean): void
  /** The entry is applied to the replica that this evaluator reads; in the order of the log. */
  applied(ticket: number, outcome: 'done' | 'epoch' | 'driver'): void
  /** The log did not take the proposal; the actor has told the asker. */
  dropped(ticket: number): void

  /** Until `thaw`, nothing is proposed and new commands are refused: a split is in the log. */
  freeze(): void
  /** The split is applied, or will never be. What waited under an older epoch is refused. */
  thaw(): void
  /** Leadership is over: everything is refused or left undetermined. */
  close(): void

  /**
   * Before a read, in the turn in which it came. Nothing will be committed at or below `at` any more but what is
   * in the log already: where `wait`, the read must also wait until all that is proposed by now is applied.
   */
  beginRead(query: RegionQuery): { readonly at: Timestamp; readonly wait: boolean }

  /** The effects of all calls since the last time, in order. */
  take(): readonly EvaluatorEffect[]
  readonly maxTs: Timestamp
  readonly tasks: number
}

/** Whether a command commits at a timestamp that its region chooses. */
export function needsStamp(command: RegionCommand): boolean {
  switch (command.op) {
    case 'write':
    case 'delete-range':
      return true
    case 'prewrite':
      return command.onePhase
    default:
      return false
  }
}
