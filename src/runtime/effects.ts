/** What one `receive` wants done: gathered while it runs, done in order when it returns, or discarded. */

import type { Bytes } from '../base/bytes.ts'
import type { KeyRange, PageLimit, StoreOp } from '../storage/store.ts'
import type { AskOptions, Question } from './actor.ts'
import type { Address } from './address.ts'
import type { Message } from './message.ts'

export type Effect =
  | {
      readonly type: 'send'
      readonly to: Address
      readonly message: Message
      readonly now: boolean
    }
  | {
      readonly type: 'ask'
      readonly to: Address
      readonly message: Message
      readonly options: AskOptions
    }
  | {
      readonly type: 'answer'
      readonly question: Question
      readonly message: Message
      readonly now: boolean
    }
  | { readonly type: 'write'; readonly ops: readonly StoreOp[]; readonly lazy: boolean }
  | { readonly type: 'when-landed'; readonly tag: string }
  | { readonly type: 'when-all-landed'; readonly tag: string }
  | { readonly type: 'fetch'; readonly keys: readonly Bytes[]; readonly tag: string }
  | {
      readonly type: 'scan'
      readonly range: KeyRange
      readonly limit: PageLimit
      readonly tag: string
    }
  | { readonly type: 'compact'; readonly range: KeyRange }
  | { readonly type: 'set-timer'; readonly name: string; readonly afterMs: number }
  | { readonly type: 'cancel-timer'; readonly name: string }
  | { readonly type: 'start'; readonly kind: string; readonly key: string }
  | { readonly type: 'stop'; readonly kind: string; readonly key: string }
