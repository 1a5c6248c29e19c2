/** Tells why a question to the driver is not answered. */

import type { NodeName } from '../../base/ids.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { DriverRefusalReason, DriverRefused } from '../../wire/messages/driver.ts'

export function refuse(
  question: Question,
  reason: DriverRefusalReason,
  text: string,
  context: Context,
  leader?: NodeName,
): void {
  const refused: DriverRefused = { kind: 'driver.refused', reason, text, leader }
  context.answer(question, refused)
}
