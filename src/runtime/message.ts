/**
 * What passes between actors: immutable data of fixed shape with a `kind`, and the envelope around it.
 * Nothing else crosses a thread or a link.
 */

import type { Address } from './address.ts'

export interface Message {
  readonly kind: string
}

/** System before consensus before normal; each lane of a mailbox is bounded by itself. */
export type Lane = 'system' | 'consensus' | 'normal'

/**
 * What a refused message of this kind means. `drop`: the sender's protocol repeats itself (Raft).
 * `fail`: the asker is told `overloaded` at once. `pull`: the receiver is marked and reads again from
 * its position once it has room.
 */
export type Refusal = 'drop' | 'fail' | 'pull'

/** How every message of one kind travels; declared once, beside its schema in `wire/messages`. */
export interface Delivery {
  readonly lane: Lane
  readonly refusal: Refusal
  /** Which stream of a link carries it: `bulk` for snapshot chunks, otherwise `raft`. */
  readonly bulk?: boolean
}

export interface Envelope {
  readonly to: Address
  readonly from: Address
  readonly message: Message
  /** Set on a question: the asker's number for it, to be echoed on the answer. */
  readonly ask?: number
  /** Set on an answer: the number of the question, and the asker's life it belongs to. */
  readonly answer?: number
  /** The asker's incarnation on a question, echoed on its answer: an answer to an older life is dropped. */
  readonly life?: number
}

/** Messages as fixed-shape tuples: the same schema for threads and links. Decoding checks the shape. */
export interface MessageCodec {
  delivery(kind: string): Delivery
  /** A structured-clone-safe, msgpack-safe array. */
  encode(envelope: Envelope): unknown[]
  /** Throws `MalformedMessage` (wire/schema.ts), which names the field, on anything unexpected. */
  decode(tuple: unknown): Envelope
}

/**
 * The runtime's own message: travels in the place of an answer when a question was certainly not
 * handled. Every codec carries it (`reason` as text), on the system lane, refusal `drop`.
 */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: 'overloaded' | 'unreachable' | 'failed'
}
