/**
 * Commits transactions: gives the machine of `core/txn` its questions' answers. A command goes to the region
 * that holds its keys until somebody answers or the time is over; all commands of transactions are harmless twice.
 */

import { type Bytes, compareBytes } from '../../base/bytes.ts'
import { physicalMs } from '../../core/region/timestamps.ts'
import type { NamespaceId, RoutedRegion, Timestamp } from '../../core/region/types.ts'
import { TxnCommit } from '../../core/txn/commit.ts'
import type { TxnAnswer, TxnAsk, TxnMutation, TxnOutcome } from '../../core/txn/types.ts'
import type { Outside } from '../../runtime/outside.ts'
import type { RegionWrite, RegionWriteDone } from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { Directory } from './directory.ts'
import type { LockCalls } from './lock-calls.ts'
import type { RegionCalls } from './region-calls.ts'
import type { StampCalls } from './stamps.ts'

export interface TxnParts {
  readonly outside: Outside
  readonly directory: Directory
  readonly regions: RegionCalls
  readonly locks: LockCalls
  readonly stamps: StampCalls
}

type Command = Extract<TxnAsk, { readonly type: 'command' }>
type Answer = (answer: TxnAnswer) => void

export class TxnCalls {
  readonly #parts: TxnParts

  constructor(parts: TxnParts) {
    this.#parts = parts
  }

  /** At least one mutation, each key of a namespace once. */
  commit(
    start: Timestamp,
    mutations: readonly TxnMutation[],
    attempt: Attempt,
    done: (outcome: TxnOutcome) => void,
  ): void {
    const run = new TxnRun(this.#parts, { start, mutations, attempt, done })
    run.begin()
  }
}

interface Wish {
  readonly start: Timestamp
  readonly mutations: readonly TxnMutation[]
  readonly attempt: Attempt
  readonly done: (outcome: TxnOutcome) => void
}

class TxnRun {
  readonly #parts: TxnParts
  readonly #wish: Wish
  readonly #machine: TxnCommit
  #ended = false

  constructor(parts: TxnParts, wish: Wish) {
    this.#parts = parts
    this.#wish = wish
    const { start, mutations } = wish
    this.#machine = new TxnCommit({ start, mutations, elapsedMs: this.#elapsedMs() })
  }

  begin(): void {
    this.#serve()
    this.#keepAlive()
  }

  #serve(): void {
    for (const ask of this.#machine.take()) {
      if (ask.type === 'end') {
        this.#ended = true
        this.#wish.done(ask.outcome)
        continue
      }
      this.#answer(ask, (answer) => {
        this.#machine.answer(ask.ask, answer)
        this.#serve()
      })
    }
  }

  #answer(ask: Exclude<TxnAsk, { readonly type: 'end' }>, answer: Answer): void {
    const { attempt } = this.#wish
    switch (ask.type) {
      case 'group':
        this.#group(ask.mutations, answer)
        return
      case 'command':
        this.#send(ask, false, answer)
        return
      case 'stamp':
        this.#parts.stamps.one(attempt, (drawn) =>
          answer(
            drawn.ok
              ? { type: 'stamp', stamp: drawn.value }
              : { type: 'failed', text: drawn.problem.text },
          ),
        )
        return
      case 'clear': {
        const way = { namespace: ask.namespace, reader: undefined, attempt }
        this.#parts.locks.clear(ask.locks, way, (cleared) =>
          answer(
            cleared.ok
              ? { type: 'cleared', wait: cleared.value.wait }
              : { type: 'failed', text: cleared.problem.text },
          ),
        )
        return
      }
      case 'pause': {
        const waits =
          ask.ms < attempt.leftMs &&
          this.#parts.outside.later(ask.ms, () => answer({ type: 'paused' }))
        if (!waits) answer({ type: 'failed', text: 'its time was over while others held a key' })
      }
    }
  }

  #group(mutations: readonly TxnMutation[], answer: Answer): void {
    const byNamespace = Map.groupBy(mutations, ({ namespace }) => namespace)
    const parts: (readonly TxnMutation[])[] = []
    let open = byNamespace.size
    let failure: string | undefined
    for (const [namespace, own] of byNamespace) {
      const keyOf = ({ key }: TxnMutation): Bytes => key
      this.#parts.directory.group(namespace, own, keyOf, this.#wish.attempt, (grouped) => {
        if (grouped.ok) parts.push(...grouped.value.map(({ items }) => items))
        else failure ??= grouped.problem.text
        if (--open > 0) return
        answer(
          failure === undefined ? { type: 'grouped', parts } : { type: 'failed', text: failure },
        )
      })
    }
  }

  /** `open`: an earlier sending may have been heard. */
  #send(ask: Command, open: boolean, answer: Answer): void {
    const { attempt } = this.#wish
    const end = (text: string, lost: boolean): void =>
      answer(lost ? { type: 'unknown' } : { type: 'failed', text })
    this.#region(ask, (region) => {
      if (typeof region === 'string') {
        end(region, open)
        return
      }
      if (region === undefined) {
        answer({ type: 'moved' })
        return
      }
      const { epoch } = region.descriptor
      const message: RegionWrite = { kind: 'region.write', epoch, command: ask.command }
      this.#parts.regions.ask(region, message, { repeatable: true, attempt }, (reply) => {
        if (reply.type === 'answer') {
          answer({ type: 'result', result: (reply.message as RegionWriteDone).result })
        } else if (reply.type === 'ends') end(reply.problem.text, open)
        else {
          const lost = open || reply.lost
          attempt.again(
            reply.afterMs,
            reply.problem,
            () => this.#send(ask, lost, answer),
            ({ text }) => end(text, lost),
          )
        }
      })
    })
  }

  /** The region that holds all of the keys; undefined: none does; a text: nobody can say. */
  #region(
    { namespace, keys }: { readonly namespace: NamespaceId; readonly keys: readonly Bytes[] },
    found: (region: RoutedRegion | undefined | string) => void,
  ): void {
    const spot = { namespace, key: keys[0] as Bytes, below: false }
    this.#parts.directory.region(spot, this.#wish.attempt, (outcome) => {
      if (!outcome.ok) found(outcome.problem.text)
      else found(keys.every((key) => holds(outcome.value, key)) ? outcome.value : undefined)
    })
  }

  /** Until it has ended, the locks are told to last, at half of their time. */
  #keepAlive(): void {
    if (this.#ended) return
    this.#parts.outside.later(this.#machine.ttlMs / 2, () => {
      if (this.#ended) return
      this.#machine.keepAlive(this.#elapsedMs())
      this.#serve()
      this.#keepAlive()
    })
  }

  #elapsedMs(): number {
    const nowMs = this.#parts.stamps.physicalMs()
    return nowMs === undefined ? 0 : Math.max(0, Math.round(nowMs - physicalMs(this.#wish.start)))
  }
}

function holds({ descriptor: { from, to } }: RoutedRegion, key: Bytes): boolean {
  if (compareBytes(key, from) < 0) return false
  return to.length === 0 || compareBytes(key, to) < 0
}
