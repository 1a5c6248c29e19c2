/** Bugs planted in FlareDB. */

import { edit, type Mutant } from './mutant.ts'

const planted = (name: string, breaks: string, ...edits: Mutant['edits']): Mutant => ({
  name,
  breaks,
  edits,
  suite: 'flare',
  ...(CAUGHT[name] === undefined ? {} : { seeds: [CAUGHT[name]] }),
})

/** Where it was caught before, if not at once. */
const CAUGHT: Readonly<Record<string, number>> = {
  'reads-leave-no-trace': 8,
  'window-not-persisted': 2,
  'oracle-does-not-confirm': 7,
  'deletes-not-remembered': 2,
}

export const FLARE_MUTANTS: readonly Mutant[] = [
  planted(
    'stale-epoch-served',
    'a region refuses what is asked under an epoch that is over (G4)',
    edit(
      'actors/region/commands.ts',
      "return epochRefusal(this.#replica, epoch, 'data')",
      "return epoch.version < 0 ? epochRefusal(this.#replica, epoch, 'data') : undefined",
    ),
    edit(
      'actors/region/commands.ts',
      "this.#leadership.refusal() ?? epochRefusal(this.#replica, submit.epoch, 'data')",
      'this.#leadership.refusal()',
    ),
  ),
  planted(
    'split-does-not-freeze',
    'while a split is in the log nothing else is proposed, and epochs are checked at apply',
    edit('actors/region/splits.ts', '    evaluator.freeze()\n', ''),
    edit(
      'core/region/replica.ts',
      'if (entry.version !== meta.descriptor.epoch.version) return TOO_LATE',
      '',
    ),
  ),
  planted(
    'reads-leave-no-trace',
    'nothing is committed at or below a timestamp that was read at',
    edit('core/region/evaluator.ts', '    this.#clock.read(at)\n', ''),
  ),
  planted(
    'read-passes-the-log',
    'what is in the log and will commit at or below a reading timestamp is waited for',
    edit(
      'core/region/evaluator.ts',
      'wait: lowest !== undefined && lowest <= at',
      'wait: lowest !== undefined && lowest < 0n',
    ),
  ),
  planted(
    'new-leader-draws-nothing',
    'a new leader draws a timestamp of its own before it serves',
    edit(
      'actors/region/leadership.ts',
      'new Evaluator(this.#replica.state, first)',
      'new Evaluator(this.#replica.state, this.#replica.state.highestCommit)',
    ),
  ),
  planted(
    'leader-serves-early',
    'a new leader serves once all of earlier terms is applied',
    edit(
      'actors/region/leadership.ts',
      '    if (state.appliedTerm !== term) return\n',
      '    if (state.appliedTerm > term) return\n',
    ),
  ),
  planted(
    'window-not-persisted',
    'a new oracle begins above all that any other gave',
    edit('core/oracle/oracle.ts', 'next: compose(foundMs, 0), endMs', 'next: compose(0, 0), endMs'),
  ),
  planted(
    'oracle-does-not-confirm',
    'an oracle asks whether it still leads before it answers',
    edit(
      'actors/timestamp-oracle/behavior.ts',
      'if (this.#term !== undefined) this.#confirm.take(this.#takeWaiting(), context)\n',
      'if (this.#term !== undefined) {\n      this.#entitled.push(...this.#takeWaiting())\n      this.#serve(context)\n    }\n',
    ),
  ),
  planted(
    'tombstone-ignored',
    'a peer that is gone never comes back',
    edit(
      'actors/store/inventory.ts',
      'gone !== undefined && gone >= peer',
      'gone !== undefined && gone < 0',
    ),
    edit(
      'actors/region/children.ts',
      'value !== undefined && readRegionMark([key, value]).peer >= peer',
      'value !== undefined && readRegionMark([key, value]).peer < 0',
    ),
  ),
  planted(
    'child-starts-too-early',
    'a child starts once all that its parent wrote has landed',
    edit(
      'actors/region/children.ts',
      '    context.whenAllLanded(LANDED_TAG)\n',
      '    this.landed(context)\n',
    ),
  ),
  planted(
    'living-lock-resolved',
    'locks of a transaction that lives stay',
    edit(
      'actors/flare/lock-calls.ts',
      "checked.value.op !== 'txn-is' || checked.value.fate === 'alive') done(good('alive'))",
      "checked.value.op !== 'txn-is') done(good('alive'))",
    ),
  ),
  planted(
    'late-prewrite-accepted',
    'a first phase that comes after its rollback is refused',
    edit(
      'core/region/evaluate/prewrite.ts',
      '  if (rows.some((row) => marksRollback(row, start))) return rolledBack({ key }, start)\n',
      '',
    ),
  ),
  planted(
    'lost-update-accepted',
    'who wrote a key since a transaction started makes it fail',
    edit(
      'core/region/evaluate/prewrite.ts',
      'row.commit > start && row.kind',
      'row.commit > start && row.commit < start && row.kind',
    ),
  ),
  planted(
    'commit-without-lock',
    'a commit that finds no lock is refused, unless it was done before',
    edit(
      'core/region/evaluate/finish.ts',
      "if (fate !== undefined && fate !== 'rolled-back') return undefined",
      'if (fate !== undefined) return undefined',
    ),
  ),
  planted(
    'commit-below-reader',
    'a transaction commits above the readers that went by its lock',
    edit(
      'core/region/evaluate/finish.ts',
      'if (commit >= minCommit) return undefined',
      'if (commit > 0n || minCommit > 0n) return undefined',
    ),
  ),
  planted(
    'session-forgotten-at-split',
    'a split copies what was answered to sessions',
    edit(
      'core/region/replica.ts',
      'sessions: this.sessions.records(), configuration',
      'sessions: [], configuration',
    ),
  ),
  planted(
    'deletes-not-remembered',
    'a leader knows the newest version of a key that it wrote',
    edit(
      'core/region/evaluate/newest.ts',
      "if (write.row === 'version') this",
      "if (write.row === 'version' && write.version.kind !== 'delete') this",
    ),
  ),
  planted(
    'snapshot-misses-locks',
    'a snapshot brings all that a region holds',
    edit(
      'actors/region/snapshot-send.ts',
      'left: [data.versions(descriptor), data.locks(descriptor)]',
      'left: [data.versions(descriptor)]',
    ),
  ),
  planted(
    'read-passes-locks',
    'a lock that started at or below a reading timestamp is not read past',
    edit(
      'core/region/read/locks.ts',
      'return ({ start }) => start <= at && !pushed.has(start)',
      'return ({ start }) => start <= at && start < 0n && !pushed.has(start)',
    ),
  ),
]
