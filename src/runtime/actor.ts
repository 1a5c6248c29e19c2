/**
 * What an actor is: a state machine with a synchronous `receive`. It has no clock, no randomness, no
 * I/O and no await of its own; what takes time goes out through `Context` and comes back as a message.
 * docs/runtime.md states the semantics clause by clause.
 */

import type { Bytes } from '../base/bytes.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { KeyRange, PageLimit, Row, StoreOp } from '../storage/store.ts'
import type { Address } from './address.ts'
import type { Message } from './message.ts'

export interface Actor {
  /** One message at a time, to the end. A throw undoes what this call wrote and sent, and nothing earlier. */
  receive(input: Input, context: Context): void
  /** A picture of the state for `plasma status`, metrics and audits; plain data. */
  inspect?(): object
}

/** Everything that can reach an actor. */
export type Input =
  /** First input of every life, before any message. */
  | { readonly type: 'start' }
  | {
      readonly type: 'message'
      readonly message: Message
      readonly from: Address
      readonly question?: Question
    }
  /** The answer to `ask`, or why there is none. */
  | { readonly type: 'answer'; readonly tag: string; readonly outcome: AskOutcome }
  | { readonly type: 'timer'; readonly name: string }
  /** What this actor wrote before it called `whenLanded` or `whenAllLanded` is on disk: see there. */
  | { readonly type: 'landed'; readonly tag: string }
  | {
      readonly type: 'scanned'
      readonly tag: string
      readonly rows: readonly Row[]
      readonly more: boolean
    }
  | {
      readonly type: 'fetched'
      readonly tag: string
      readonly values: readonly (Bytes | undefined)[]
    }
  /** Messages of this kind (refusal `pull`) found no room; read again from your own position. */
  | { readonly type: 'missed'; readonly kind: string }
  /** An actor of this kind, which this one takes along under its key, was stopped as failed. */
  | { readonly type: 'failed'; readonly kind: string }

export type AskOutcome =
  | { readonly ok: true; readonly message: Message; readonly from: Address }
  /** `timeout`: outcome unknown. `overloaded`, `unreachable`: it was certainly not received. */
  | { readonly ok: false; readonly reason: 'timeout' | 'overloaded' | 'unreachable' | 'failed' }

/** Who waits for an answer. Plain data: may be kept, and answered turns later. */
export interface Question {
  readonly from: Address
  readonly ask: number
  readonly life: number
}

export interface Context {
  readonly self: Address
  /**
   * This life's number, below 2^53. Grows by one at each restart; each run of a shard begins at a place
   * of its own, drawn at random, so that no number comes back after a crash of shard or process.
   */
  readonly life: number
  /** Monotonic milliseconds, the same throughout one turn. */
  readonly nowMs: number
  /** What this node believes the date to be, in milliseconds since 1970; the same throughout one turn. */
  readonly wallMs: number
  readonly log: Log
  readonly meter: Meter

  /** Goes on within a turn, unlike `nowMs`. What it says is for the meter and decides nothing. */
  stopwatchUs(): number
  /** A whole number, 0 <= n < bound. */
  random(bound: number): number

  /** Leaves once this turn's batch, and all batches before it, have landed. */
  send(to: Address, message: Message): void
  /** Leaves at once. Only for the closed list of docs/runtime.md. */
  sendNow(to: Address, message: Message): void
  /** Asks; exactly one `answer` input with this tag follows, after `timeoutMs` at the latest. Held. */
  ask(to: Address, message: Message, options: AskOptions): void
  /** Answers a question; held like `send`. A second answer to the same question is dropped. */
  answer(question: Question, message: Message): void
  /** Answers at once: replies produced by apply. */
  answerNow(question: Question, message: Message): void

  /** Adds to this turn's batch, which is synced before anything held in this turn leaves. */
  write(ops: readonly StoreOp[]): void
  /** Adds to the next batch that goes to disk for somebody's sake; forces none, holds nothing. */
  writeLazily(ops: readonly StoreOp[]): void
  /** Gives the input `landed` once this turn's batch is on disk, even if it is empty. */
  whenLanded(tag: string): void
  /** Gives the input `landed` once all that this life has written so far is on disk; makes lazy writes go. */
  whenAllLanded(tag: string): void

  /** Reads one value now, through the overlay of writes not landed yet. For apply and small start-up state. */
  read(key: Bytes): Bytes | undefined
  /** Reads off the thread; gives the input `fetched`. Sees at least all that landed or was queued before. */
  fetch(keys: readonly Bytes[], tag: string): void
  /** Reads one page off the thread; gives the input `scanned`. Starts when what it must see is on disk. */
  scan(range: KeyRange, limit: PageLimit, tag: string): void
  /** Gives space back, in the background, one range at a time per node. */
  compact(range: KeyRange): void

  /** Gives the input `timer` once, `afterMs` from now; a timer of the same name is replaced. */
  setTimer(name: string, afterMs: number): void
  cancelTimer(name: string): void

  /** Starts an actor on this shard under the same supervisor, or does nothing if it runs. */
  start(kind: string, key: string): void
  /** Stops an actor of this shard after what it already has in its mailbox. */
  stop(kind: string, key: string): void

  /** A coverage mark: a situation that the simulator counts and demands. */
  mark(name: string): void
  /** Ends the node with one line: its disk can no longer be trusted. */
  fatal(reason: string): never
}

export interface AskOptions {
  readonly tag: string
  readonly timeoutMs: number
  /** Leaves at once instead of held; the same closed list as `sendNow`. */
  readonly now?: boolean
}

/** How to make actors of one kind. `actors/tree.ts` lists them all. */
export interface ActorKind {
  readonly kind: string
  /** A new life with empty memory; it reads what it needs from disk after its `start` input. */
  create(at: Address): Actor
}
