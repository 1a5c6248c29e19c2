/** Tells a client's question why it is not answered. */

import type { Context, Question } from '../runtime/actor.ts'
import type { KvRefused, RefusalReason } from '../wire/messages/group.ts'

export function refuse(question: Question, reason: RefusalReason, context: Context): void {
  const refused: KvRefused = { kind: 'kv.refused', reason }
  context.answerNow(question, refused)
}
