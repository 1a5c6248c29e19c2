/**
 * The placement driver as a router asks it: always by the node's own, which hands on to the one that
 * drives. Questions are repeated while nobody drives; what changes something only if it was certainly not done.
 */

import type { NodeName } from '../../base/ids.ts'
import type { AskOutcome } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { Outside } from '../../runtime/outside.ts'
import type { DriverRefusalReason, DriverRefused } from '../../wire/messages/driver.ts'
import { SYSTEM } from '../flare-options.ts'
import type { Attempt } from './attempt.ts'
import { bad, type Done, good, type Outcome, type ProblemReason } from './outcome.ts'

const TRY_MS = 2000
const NOBODY = 'the placement driver cannot be reached: a majority of the founding nodes must run'

export class DriverCalls {
  readonly #outside: Outside
  readonly #driver: Address

  constructor(outside: Outside, node: NodeName) {
    this.#outside = outside
    this.#driver = address(node, 'placement-driver', SYSTEM)
  }

  read<M extends Message>(question: Message, attempt: Attempt, done: Done<M>): void {
    this.#ask(question, true, attempt, done)
  }

  change<M extends Message>(order: Message, attempt: Attempt, done: Done<M>): void {
    this.#ask(order, false, attempt, done)
  }

  #ask<M>(message: Message, repeatable: boolean, attempt: Attempt, done: Done<M>): void {
    const timeoutMs = repeatable ? Math.min(TRY_MS, attempt.leftMs) : attempt.leftMs
    this.#outside.askThen(this.#driver, message, timeoutMs, (outcome) => {
      const told = outcomeOf<M>(outcome, repeatable)
      if (told.ok || told.problem.reason !== 'unavailable') {
        done(told)
        return
      }
      const retry = () => this.#ask(message, repeatable, attempt, done)
      attempt.again(0, told.problem, retry, (problem) => done({ ok: false, problem }))
    })
  }
}

function outcomeOf<M>(outcome: AskOutcome, repeatable: boolean): Outcome<M> {
  if (!outcome.ok) {
    const open = outcome.reason === 'timeout' || outcome.reason === 'failed'
    if (!open || repeatable) return bad('unavailable', NOBODY)
    return bad('undetermined', 'the placement driver did not answer: look whether it was done')
  }
  const { message } = outcome
  if (message.kind === 'kv.refused') return bad('unavailable', NOBODY)
  if (message.kind !== 'driver.refused') return good(message as M)
  const { reason, text } = message as DriverRefused
  return bad(REASONS[reason], text)
}

const REASONS: Readonly<Record<DriverRefusalReason, ProblemReason>> = {
  'no-leader': 'unavailable',
  'not-found': 'not-found',
  exists: 'exists',
  invalid: 'invalid',
  stale: 'busy',
  busy: 'busy',
  undetermined: 'undetermined',
}
