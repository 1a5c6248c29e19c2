/**
 * Questions that came to a node that does not drive, on their way to the one that does. What may change
 * something is sent on only while it was certainly not received.
 */

import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { DriverRefused } from '../../wire/messages/driver.ts'
import { PLACEMENT_DRIVER } from '../flare-options.ts'
import type { Reach } from '../system/reach.ts'
import { refuse } from './refuse.ts'

export const HAND_ON_TAG = 'hand-on:'

const CHANGING = new Set([
  'driver.namespace-create',
  'driver.namespace-drop',
  'driver.namespace-limit',
  'driver.region-do',
  'driver.store-set',
])
const NOBODY = 'nobody drives now; a majority of the founding nodes must run'

interface Under {
  readonly message: Message
  readonly question: Question
  readonly attempt: number
}

export class HandOn {
  readonly #reach: Reach
  readonly #timeoutMs: number
  readonly #under = new Map<string, Under>()
  #number = 0

  constructor(reach: Reach, timeoutMs: number) {
    this.#reach = reach
    this.#timeoutMs = timeoutMs
  }

  take(message: Message, question: Question, context: Context, attempt = 0): void {
    const node = this.#reach.whom(attempt)
    if (node === undefined) {
      refuse(question, 'no-leader', NOBODY, context)
      return
    }
    this.#number += 1
    const tag = `${HAND_ON_TAG}${this.#number}`
    this.#under.set(tag, { message, question, attempt })
    const to = address(node, PLACEMENT_DRIVER, context.self.key)
    context.ask(to, message, { tag, timeoutMs: this.#timeoutMs })
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    const under = this.#under.get(tag)
    if (under === undefined) return
    this.#under.delete(tag)
    const { message, question, attempt } = under
    if (outcome.ok && !saysNobody(outcome.message)) {
      this.#reach.reached(outcome.from.node)
      context.answer(question, outcome.message)
      return
    }
    const open = !outcome.ok && (outcome.reason === 'timeout' || outcome.reason === 'failed')
    if (open && CHANGING.has(message.kind)) {
      const text = 'the driver did not answer: look whether it was done'
      refuse(question, 'undetermined', text, context)
    } else if (open) refuse(question, 'no-leader', NOBODY, context)
    else this.take(message, question, context, attempt + 1)
  }
}

const saysNobody = (message: Message): boolean =>
  message.kind === 'driver.refused' && (message as DriverRefused).reason === 'no-leader'
