/** Bugs planted in Chainfire and what both share; those of FlareDB stand in flare.ts. */

import { FLARE_MUTANTS } from './flare.ts'
import { edit, type Mutant } from './mutant.ts'

const CHAINFIRE_MUTANTS: readonly Mutant[] = [
  {
    name: 'vote-not-persisted',
    breaks: 'a vote is on disk before it is told',
    edits: [
      edit(
        'storage/raftlog.ts',
        'putUint64(payload, 8, state.vote ?? (NO_VOTE as PeerId))',
        'putUint64(payload, 8, NO_VOTE as PeerId)',
      ),
    ],
    seeds: [2],
  },
  {
    name: 'ack-before-sync',
    breaks: 'a follower acknowledges entries once they are on its disk',
    edits: [
      edit(
        'core/raft/flush.ts',
        "core.send(leader, { kind: 'append-answer', ...answer })",
        "core.sendNow(leader, { kind: 'append-answer', ...answer })",
      ),
    ],
  },
  {
    name: 'leader-counts-unsynced',
    breaks: 'a leader counts its own entry once it is on its disk',
    edits: [
      edit(
        'core/raft/flush.ts',
        'peer === core.self ? core.durability.persisted :',
        'peer === core.self ? core.log.lastIndex :',
      ),
    ],
  },
  {
    name: 'commit-of-older-term',
    breaks: 'only entries of the own term are committed by counting',
    edits: [
      edit(
        'core/raft/flush.ts',
        'if (index > core.commit && core.log.matches(index, core.term))',
        'if (index > core.commit)',
      ),
    ],
    seeds: [11],
  },
  {
    name: 'stale-read',
    breaks: 'a linearizable read waits until a quorum has confirmed the leader',
    edits: [
      edit('core/raft/flush.ts', 'of reads.confirmed(round))', 'of reads.confirmed(reads.latest))'),
    ],
    seeds: [7],
  },
  {
    name: 'read-before-apply',
    breaks: 'a read waits until its index is applied here',
    edits: [
      edit(
        'actors/raft-group/reads.ts',
        'const applied = this.#replica.kv.appliedIndex\n',
        'const applied = Number.MAX_SAFE_INTEGER\n',
      ),
    ],
  },
  {
    name: 'conflict-not-truncated',
    breaks: "a follower's conflicting entries give way to the leader's",
    edits: [
      edit(
        'core/raft/follower.ts',
        'if (entry.index <= log.lastIndex) core.truncateFrom(entry.index)',
        'if (entry.index <= log.lastIndex) continue',
      ),
    ],
    seeds: [2],
  },
  {
    name: 'half-is-a-majority',
    breaks: 'any two quorums meet',
    edits: [
      edit(
        'core/raft/quorum.ts',
        'Math.floor(voters / 2) + 1',
        'Math.max(1, Math.floor(voters / 2))',
      ),
    ],
  },
  {
    name: 'held-message-released',
    breaks: 'what leaves in a turn waits for the batch of that turn',
    edits: [edit('runtime/held.ts', 'if (next.waterline > landed) return\n', '')],
  },
  {
    name: 'restart-before-landed',
    breaks: 'a new life begins once the writes of the one before are on disk',
    edits: [
      edit(
        'runtime/residents.ts',
        'restart.cells.every((cell) => disk.hasLanded(cell.lastWrite))',
        'true',
      ),
    ],
    seeds: [29],
  },
  {
    name: 'overlay-missed',
    breaks: 'reads see queued and in-flight writes',
    edits: [
      edit(
        'runtime/reads.ts',
        'return pending === undefined ? store.get(key) : valueIn(pending)',
        'return store.get(key) ?? (pending && undefined)',
      ),
    ],
    seeds: [57],
  },
  {
    name: 'lease-not-renewed',
    breaks: 'a keep-alive that was answered extends its lease',
    edits: [
      edit(
        'core/lease/clock.ts',
        'Math.max(entry.deadline, nowMs + ttl * 1000)',
        'Math.max(entry.deadline, nowMs + ttl * 400)',
      ),
    ],
  },
  {
    name: 'lease-clock-not-restarted',
    breaks: 'after a change of leader every lease runs its full time again',
    edits: [
      edit(
        'core/lease/clock.ts',
        'this.#extend(entry, nowMs + seconds * 1000 + this.#electionTimeoutMs)',
        'this.#extend(entry, nowMs)',
      ),
    ],
  },
  {
    name: 'deposed-expirer-answers',
    breaks: 'a keep-alive is answered under a term that was confirmed since it came',
    edits: [
      edit(
        'actors/raft-group/reads.ts',
        '    this.#ask(undefined, question, context)\n',
        '    this.#answerConfirm(question, this.#replica.term, context)\n',
      ),
    ],
    seeds: [2],
  },
  {
    name: 'wiped-node-votes',
    breaks: 'a node that lost its disk is not heard under its old name',
    edits: [
      edit(
        'actors/raft-group/fence.ts',
        'else if (pinned !== incarnation) return this.#refuse(message.from, from, context)\n',
        '',
      ),
      edit(
        'actors/raft-group/newcomer.ts',
        'if ((outcome.message as GroupKnownIs).known) refuseToStart(outcome.from, context)\n',
        '',
      ),
    ],
  },
  {
    name: 'forward-repeated',
    breaks: 'a write that may be in a log is never sent again',
    edits: [
      edit(
        'actors/raft-group/writes.ts',
        "this.#fail(waiter, timeout ? this.#timeout(waiter) : 'leader-changed', context)",
        "this.#giveBack([waiter], timeout ? 'no-leader' : 'no-leader', context)",
      ),
      edit(
        'actors/raft-group/writes.ts',
        "if (waiter.sent) this.#fail(waiter, 'leader-changed', context)",
        'if (waiter.sent) this.#unsent.push(waiter)',
      ),
    ],
  },
  {
    name: 'log-cut-too-far',
    breaks: 'the log is cut no further than what is applied',
    edits: [
      edit(
        'core/raft/snapshots.ts',
        'Math.min(index, core.applied) - core.config.catchUpEntries',
        'core.log.lastIndex - 1',
      ),
    ],
    seeds: [2],
  },
  {
    name: 'slice-not-seen',
    breaks: 'apply sees what earlier entries of its slice wrote',
    edits: [
      edit(
        'actors/raft-group/applier.ts',
        'this.#values.reader(context, rows)',
        'this.#values.reader(context)',
      ),
    ],
  },
  {
    name: 'followers-do-not-know',
    breaks: 'a wiped founder asks every quorum it may have promised something in',
    edits: [
      edit(
        'actors/raft-group/newcomer.ts',
        'Math.min(this.#others.length, founders - majority + 1)',
        'majority - 1',
      ),
    ],
    seeds: [28],
  },
  {
    name: 'catch-up-skips-one',
    breaks: 'a watcher that catches up misses nothing',
    edits: [
      edit(
        'actors/raft-group/history.ts',
        'context.scan(revisionRange(keys, request.from, to), PAGE, tag)',
        'context.scan(revisionRange(keys, request.from + 1, to), PAGE, tag)',
      ),
    ],
    seeds: [2],
  },
]

export const MUTANTS: readonly Mutant[] = [...CHAINFIRE_MUTANTS, ...FLARE_MUTANTS]
