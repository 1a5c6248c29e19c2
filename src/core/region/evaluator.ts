/**
 * What a leader does with commands before the log: it puts those on the same key in a row, looks at locks and newest
 * versions, and makes of each an entry or an answer. It lives as long as one leader's term.
 *
 * Promises: commands on one key are evaluated one after another, each on a state in which the one before is
 * applied; nothing commits at or below a timestamp that was read at, or twice at one timestamp on one key; of two
 * arrivals of a marked write one is done. Leaves to others: epochs of requests, drawing timestamps, reading rows.
 *
 * Every version lies at most one above a timestamp that the oracle has given, so that all it gives afterwards see it.
 */

import { must, unreachable } from '../../base/assert.ts'
import { type KeyText, keyText } from '../mvcc/key-text.ts'
import { holdsKey } from './descriptor.ts'
import type { DataEntry } from './entry.ts'
import { CommitClock } from './evaluate/commit-clock.ts'
import { evaluateCheckTxn, evaluateTxnAlive } from './evaluate/fate.ts'
import { evaluateCommit, evaluateRollback } from './evaluate/finish.ts'
import { InFlight } from './evaluate/in-flight.ts'
import { Knowledge } from './evaluate/knowledge.ts'
import { Latches } from './evaluate/latches.ts'
import { collectObstacle, lookFor, type RangeCommand } from './evaluate/looks.ts'
import { NewestVersions } from './evaluate/newest.ts'
import { evaluatePrewrite } from './evaluate/prewrite.ts'
import { distinct, keysOf, newTask, type Task } from './evaluate/task.ts'
import type { Proposal, Scene, Verdict } from './evaluate/verdict.ts'
import { evaluateWrite } from './evaluate/write.ts'
import type { CommandEvaluator, EvaluatorEffect } from './evaluation.ts'
import { TASK_BYTES_MAX, TASKS_MAX, WAITERS_PER_KEY_MAX, WRITE_BYTES_MAX } from './limits.ts'
import type { RegionReplica } from './replica.ts'
import type { VersionRow, VersionSpan } from './rows.ts'
import { LATEST, later, NEVER } from './timestamps.ts'
import type { RegionCommand, RegionQuery, RegionRefusal, RegionResult, Timestamp } from './types.ts'

interface Read {
  readonly task: Task
  /** Undefined: a page of its look at a range. */
  readonly key: KeyText | undefined
}

const BUSY: RegionRefusal = { reason: 'busy', retryMs: 50 }
const NOT_READY: RegionRefusal = { reason: 'not-ready' }
const EPOCH: RegionRefusal = { reason: 'epoch', regions: [] }
/** A command that always came too late for its timestamp has met too many readers. */
const STAMPS_MAX = 16
const NOTHING_FREED = { rows: 0, bytes: 0 }

export class Evaluator implements CommandEvaluator {
  readonly #replica: RegionReplica
  readonly #newest: NewestVersions
  readonly #clock: CommitClock
  readonly #latches = new Latches<Task>()
  readonly #inFlight = new InFlight()
  readonly #tasks = new Map<number, Task>()
  readonly #reads = new Map<number, Read>()
  #effects: EvaluatorEffect[] = []
  #bytes = 0
  #read = 0
  #frozen = false
  /** The replica's, or that of a collection which is on its way. */
  #safePoint: Timestamp

  /** `fresh`: drawn after this leader was elected, so that nothing of earlier ones lies above it. */
  constructor(replica: RegionReplica, fresh: Timestamp) {
    this.#replica = replica
    this.#newest = new NewestVersions(fresh)
    this.#clock = new CommitClock(fresh, this.#newest)
    this.#safePoint = replica.safePoint
  }

  get maxTs(): Timestamp {
    return later(this.#clock.maxRead, this.#replica.highestCommit)
  }

  get tasks(): number {
    return this.#tasks.size
  }

  submit(ticket: number, command: RegionCommand, stamp: Timestamp = NEVER): void {
    this.#clock.issued(stamp)
    const task = newTask(ticket, command, stamp, new Knowledge(this.#newest))
    const refusal = this.#refusal(task)
    if (refusal !== undefined) {
      this.#effects.push({ type: 'refuse', ticket, refusal })
      return
    }
    this.#tasks.set(ticket, task)
    this.#bytes += task.bytes
    if (command.op === 'delete-range' || command.op === 'collect') this.#lookAround(task, command)
    else if (this.#latches.acquire(task)) this.#evaluate(task)
  }

  stamped(ticket: number, stamp: Timestamp): void {
    this.#clock.issued(stamp)
    const task = this.#tasks.get(ticket)
    if (task === undefined || !task.stamping) return
    task.stamping = false
    task.stamp = stamp
    task.stamps += 1
    this.#evaluate(task)
  }

  found(read: number, rows: readonly VersionRow[], more: boolean): void {
    const waits = this.#reads.get(read)
    if (waits === undefined) return
    this.#reads.delete(read)
    const { task, key } = waits
    if (this.#tasks.get(task.ticket) !== task) return
    task.reads -= 1
    if (key === undefined) {
      this.#looked(task, rows, more)
      return
    }
    task.knowledge.learn(key, rows, more)
    if (task.reads === 0) this.#evaluate(task)
  }

  applied(ticket: number, outcome: 'done' | 'epoch' | 'driver'): void {
    this.#inFlight.remove(ticket)
    const task = this.#tasks.get(ticket)
    const proposal = task?.proposal
    if (task === undefined || proposal === undefined) return
    task.proposal = undefined
    if (outcome !== 'done') {
      this.#refuse(task, EPOCH)
      return
    }
    this.#newest.applied(proposal.writes)
    if (proposal.goOnAt === undefined) {
      this.#answer(task, proposal.result)
    } else {
      task.from = proposal.goOnAt
      this.#evaluate(task)
    }
  }

  dropped(ticket: number): void {
    this.#inFlight.remove(ticket)
    const task = this.#tasks.get(ticket)
    if (task !== undefined) this.#forget(task)
  }

  freeze(): void {
    this.#frozen = true
    for (const task of [...this.#tasks.values()]) {
      if (task.proposal === undefined) this.#refuse(task, NOT_READY)
    }
  }

  thaw(): void {
    this.#frozen = false
  }

  close(): void {
    this.#frozen = true
    for (const { ticket, proposal } of this.#tasks.values()) {
      const refusal: RegionRefusal = { reason: 'not-leader', leader: undefined }
      this.#effects.push(
        proposal === undefined
          ? { type: 'refuse', ticket, refusal }
          : { type: 'undetermined', ticket },
      )
    }
    this.#tasks.clear()
    this.#reads.clear()
  }

  beginRead({ op, ...query }: RegionQuery): { readonly at: Timestamp; readonly wait: boolean } {
    if (op === 'locks') return { at: LATEST, wait: false }
    const asked = 'at' in query ? query.at : undefined
    if (asked !== undefined) this.#clock.issued(asked)
    const at = asked ?? later(this.#replica.highestCommit, this.#safePoint)
    this.#clock.read(at)
    const lowest = this.#inFlight.lowest()
    return { at, wait: lowest !== undefined && lowest <= at }
  }

  take(): readonly EvaluatorEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** Throws when an invariant of its parts is broken. */
  audit(): void {
    this.#latches.audit()
  }

  #refusal({ command, bytes, texts }: Task): RegionRefusal | undefined {
    if (this.#frozen) return NOT_READY
    if (bytes > WRITE_BYTES_MAX) return { reason: 'too-large' }
    const { descriptor } = this.#replica
    if (!keysOf(command).every((key) => holdsKey(descriptor, key))) return EPOCH
    const full =
      this.#tasks.size >= TASKS_MAX ||
      this.#bytes + bytes > TASK_BYTES_MAX ||
      this.#latches.longestQueue(texts) >= WAITERS_PER_KEY_MAX
    return full ? BUSY : undefined
  }

  /** With all of its latches held. */
  #evaluate(task: Task): void {
    if (this.#frozen) this.#refuse(task, NOT_READY)
    else this.#follow(task, this.#verdict(task))
  }

  #follow(task: Task, verdict: Verdict): void {
    switch (verdict.type) {
      case 'wait':
        for (const { text, span } of task.knowledge.takeWishes()) this.#ask(task, text, span)
        break
      case 'stamp':
        this.#restamp(task)
        break
      case 'answer':
        this.#answer(task, verdict.result)
        break
      case 'refuse':
        this.#refuse(task, verdict.refusal)
        break
      case 'propose':
        this.#propose(task, verdict)
        break
      default:
        unreachable(verdict)
    }
  }

  #verdict(task: Task): Verdict {
    const { command, named } = task
    const scene = this.#scene(task)
    switch (command.op) {
      case 'write':
        return evaluateWrite(command, named, scene)
      case 'prewrite':
        return evaluatePrewrite(command, named, scene)
      case 'commit':
        return evaluateCommit(command, named, scene, task.from)
      case 'rollback':
        return evaluateRollback(command, named, scene)
      case 'check-txn':
        return evaluateCheckTxn(command, must(named[0], 'its primary'), scene)
      case 'txn-alive':
        return evaluateTxnAlive(command, must(named[0], 'its primary'), scene)
      case 'delete-range':
      case 'collect':
        return must(task.look, 'a range was looked through').verdict(named, scene)
    }
  }

  #scene(task: Task): Scene {
    return {
      locks: this.#replica.locks,
      sessions: this.#replica.sessions,
      knowledge: task.knowledge,
      stamp: task.stamp,
      safePoint: this.#safePoint,
      commitAt: (texts, atLeast) => this.#clock.commitAt(task.stamp, texts, atLeast),
    }
  }

  #restamp(task: Task): void {
    if (task.stamps >= STAMPS_MAX) {
      this.#refuse(task, BUSY)
      return
    }
    task.stamping = true
    this.#effects.push({ type: 'stamp', ticket: task.ticket })
  }

  #propose(task: Task, proposal: Proposal): void {
    const { ticket } = task
    const { writes, commit, session, freed, safePoint } = proposal
    task.proposal = proposal
    if (commit !== undefined) this.#inFlight.add(ticket, commit)
    const entry: DataEntry = {
      type: 'data',
      version: this.#replica.descriptor.epoch.version,
      writes,
      freed: freed ?? NOTHING_FREED,
      session,
      safePoint,
    }
    this.#effects.push({ type: 'propose', ticket, entry })
  }

  #lookAround(task: Task, command: RangeCommand): void {
    if (command.op === 'collect' && !this.#mayCollect(task, command.safePoint)) return
    const { descriptor, safePoint } = this.#replica
    task.look = lookFor(command, descriptor, task.stamp, safePoint)
    if (task.look === undefined) this.#refuse(task, EPOCH)
    else this.#ask(task, undefined, task.look.span())
  }

  /** From here on nothing comes to be at or below the safe point. */
  #mayCollect(task: Task, safePoint: Timestamp): boolean {
    const obstacle = collectObstacle(safePoint, this.#replica)
    if (obstacle !== undefined) {
      this.#follow(task, obstacle)
      return false
    }
    this.#safePoint = later(this.#safePoint, safePoint)
    this.#clock.read(safePoint)
    return true
  }

  #looked(task: Task, rows: readonly VersionRow[], more: boolean): void {
    const look = must(task.look, 'only a look at a range reads pages')
    look.add(rows, more)
    if (!look.done) {
      this.#ask(task, undefined, look.span())
      return
    }
    task.named = look.keys().map((key) => keyText(key))
    task.texts = distinct(task.named)
    if (this.#latches.acquire(task)) this.#evaluate(task)
  }

  #ask(task: Task, key: KeyText | undefined, span: VersionSpan): void {
    this.#read += 1
    const read = this.#read
    task.reads += 1
    this.#reads.set(read, { task, key })
    this.#effects.push({ type: 'read', ticket: task.ticket, read, span })
  }

  #answer(task: Task, result: RegionResult): void {
    this.#effects.push({ type: 'answer', ticket: task.ticket, result })
    this.#forget(task)
  }

  #refuse(task: Task, refusal: RegionRefusal): void {
    this.#effects.push({ type: 'refuse', ticket: task.ticket, refusal })
    this.#forget(task)
  }

  /** The next on its keys go on. */
  #forget(task: Task): void {
    this.#tasks.delete(task.ticket)
    this.#bytes -= task.bytes
    for (const next of this.#latches.release(task)) {
      if (this.#tasks.has(next.ticket)) this.#evaluate(next)
    }
  }
}
