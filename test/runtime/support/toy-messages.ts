/** Messages for toy actors, one for each way of travelling, over the real codec. */

import type { Message } from '../../../src/runtime/message.ts'
import { Codec } from '../../../src/wire/codec.ts'
import { RUNTIME_MESSAGES } from '../../../src/wire/messages/runtime.ts'
import type { MessageShapes } from '../../../src/wire/messages/shapes.ts'
import { bytes, int, struct, text } from '../../../src/wire/schema.ts'

const note = struct({ text: text(100_000) })
const count = struct({ n: int })

const TOY_MESSAGES: MessageShapes = {
  note: { tag: 200, delivery: { lane: 'normal', refusal: 'fail' }, schema: note },
  order: { tag: 201, delivery: { lane: 'system', refusal: 'fail' }, schema: note },
  vote: { tag: 202, delivery: { lane: 'consensus', refusal: 'drop' }, schema: count },
  event: { tag: 203, delivery: { lane: 'normal', refusal: 'pull' }, schema: count },
  add: { tag: 204, delivery: { lane: 'normal', refusal: 'fail' }, schema: count },
  total: { tag: 205, delivery: { lane: 'normal', refusal: 'drop' }, schema: count },
  blob: {
    tag: 206,
    delivery: { lane: 'normal', refusal: 'fail', bulk: true },
    schema: struct({ bytes: bytes(4_000_000) }),
  },
}

export const TOY_CODEC = new Codec(RUNTIME_MESSAGES, TOY_MESSAGES)

export interface Note extends Message {
  readonly text: string
}

export interface Count extends Message {
  readonly n: number
}

export const noteOf = (text: string): Note => ({ kind: 'note', text })
export const order = (text: string): Note => ({ kind: 'order', text })
export const vote = (n: number): Count => ({ kind: 'vote', n })
export const event = (n: number): Count => ({ kind: 'event', n })
export const add = (n: number): Count => ({ kind: 'add', n })
export const total = (n: number): Count => ({ kind: 'total', n })
