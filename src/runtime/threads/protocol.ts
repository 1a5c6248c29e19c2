/** What passes between the main thread and a worker on their own port; envelopes go over the mesh. */

import type { MessagePort } from 'node:worker_threads'
import type { Bytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { LinkLane } from '../../net/link.ts'
import type { ActorEvent } from '../host.ts'

export type ToWorker =
  /** A road to a shard that began or began again; it replaces the one before. */
  | { readonly type: 'road'; readonly shard: number; readonly port: MessagePort }
  /** `workers` undefined: the peer is gone. */
  | { readonly type: 'peer'; readonly name: NodeName; readonly workers: number | undefined }
  | { readonly type: 'frame'; readonly from: NodeName; readonly frame: Bytes }
  | {
      readonly type: 'request'
      readonly id: number
      readonly name: string
      readonly data: unknown
    }
  | { readonly type: 'ping' }

export type ToMain =
  | { readonly type: 'ready' }
  | { readonly type: 'frames'; readonly frames: readonly LinkFrame[] }
  /** A peer sent what does not decode. */
  | { readonly type: 'malformed'; readonly from: NodeName; readonly reason: string }
  | { readonly type: 'event'; readonly event: ActorEvent }
  | { readonly type: 'fatal'; readonly reason: string }
  | { readonly type: 'pong' }
  | { readonly type: 'response'; readonly id: number; readonly response: Response }

export type Response =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly reason: string }

export interface LinkFrame {
  readonly to: NodeName
  readonly lane: LinkLane
  readonly frame: Bytes
}

/** A worker that must end the node ends itself with this code, in case its last word is lost. */
export const FATAL_EXIT = 70
/** A worker that was told to crash. */
export const CRASH_EXIT = 71
