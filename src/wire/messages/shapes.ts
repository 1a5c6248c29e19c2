/** How one kind of message is declared: its number on the wire, how it travels, its fields. */

import type { Delivery } from '../../runtime/message.ts'
import type { StructSchema } from '../schema.ts'

export interface MessageShape {
  /** Its number in every tuple. Never used again for another kind. */
  readonly tag: number
  readonly delivery: Delivery
  /** All fields but `kind`. */
  readonly schema: StructSchema<object>
}

export type MessageShapes = Readonly<Record<string, MessageShape>>
