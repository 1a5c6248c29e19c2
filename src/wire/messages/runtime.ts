/** The runtime's own message: a question that was certainly not handled. */

import { oneOf, struct } from '../schema.ts'
import type { MessageShapes } from './shapes.ts'

export const RUNTIME_MESSAGES: MessageShapes = {
  refused: {
    tag: 0,
    delivery: { lane: 'system', refusal: 'drop' },
    schema: struct({ reason: oneOf('overloaded', 'unreachable', 'failed') }),
  },
}
