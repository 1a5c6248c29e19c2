/**
 * Watching: an endless iteration over what happens to a key or a range, in order and without gaps. A lost
 * connection is made up for from the next endpoint, one revision after the last that was seen.
 */

import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js'
import {
  WatchDefinition,
  WatchRequest,
  type WatchResponse,
  WatchResponse as WatchResponseType,
} from '../wire/proto/etcdserverpb/watch.ts'
import { Event_EventType } from '../wire/proto/mvccpb/kv.ts'
import type { Endpoints } from './endpoints.ts'
import { CallFailed, failureOf } from './failure.ts'
import { type KeyValue, keyValueOf, type Span, spanOf, type Text } from './shapes.ts'

export interface WatchOptions extends Span {
  /** Inclusive; without it, from now on. */
  readonly startRevision?: number
  readonly prevKv?: boolean
  readonly progressNotify?: boolean
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

export interface WatchEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
  readonly prevKv: KeyValue | undefined
}

/** What one response told: events, or none when it only says how far the watch has come. */
export interface WatchBatch {
  readonly revision: number
  readonly created: boolean
  readonly events: readonly WatchEvent[]
}

type Stream = ClientDuplexStream<WatchRequest, WatchResponse>

const RETRY_MS = 100
const PATH = `/${WatchDefinition.fullName}/${WatchDefinition.methods.watch.name}`

/** Throws `CallFailed` when the watch cannot go on: compacted, refused. */
export async function* watch(
  endpoints: Endpoints,
  key: Text,
  options: WatchOptions,
): AsyncGenerator<WatchBatch, void, void> {
  let next = options.startRevision ?? 0
  while (!options.signal?.aborted) {
    const { endpoint, client } = endpoints.current()
    const stream: Stream = client.makeBidiStreamRequest(
      PATH,
      (request: WatchRequest) => Buffer.from(WatchRequest.encode(request).finish()),
      (bytes: Buffer) => WatchResponseType.decode(bytes),
    )
    const cancel = () => stream.cancel()
    options.signal?.addEventListener('abort', cancel)
    try {
      stream.write(createRequest(key, next, options))
      for await (const response of stream as AsyncIterable<WatchResponse>) {
        failIfEnded(endpoint, response)
        const batch = batchOf(response)
        // Nothing happened before this: what comes after it must not be missed.
        if (batch.events.length > 0 || next === 0) next = batch.revision + 1
        yield batch
      }
    } catch (error) {
      if (options.signal?.aborted) return
      if (!canResume(error)) throw asFailure(endpoint, error)
    } finally {
      options.signal?.removeEventListener('abort', cancel)
      stream.cancel()
    }
    endpoints.rotate()
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

function createRequest(key: Text, startRevision: number, options: WatchOptions): WatchRequest {
  return {
    requestUnion: {
      $case: 'createRequest',
      value: {
        ...spanOf(key, options),
        startRevision: BigInt(startRevision),
        progressNotify: options.progressNotify ?? false,
        filters: [],
        prevKv: options.prevKv ?? false,
        watchId: 0n,
        fragment: false,
      },
    },
  }
}

function failIfEnded(endpoint: string, response: WatchResponse): void {
  if (!response.canceled) return
  const text =
    response.compactRevision > 0n
      ? `the revisions up to ${response.compactRevision} are compacted`
      : response.cancelReason || 'the watch was canceled'
  throw new CallFailed(endpoint, status.OUT_OF_RANGE, text, 'refused')
}

function batchOf(response: WatchResponse): WatchBatch {
  const events = response.events.map(
    (event): WatchEvent => ({
      type: event.type === Event_EventType.PUT ? 'put' : 'delete',
      kv: keyValueOf(event.kv as NonNullable<typeof event.kv>),
      prevKv: event.prevKv && keyValueOf(event.prevKv),
    }),
  )
  const last = events.at(-1)?.kv.modRevision
  return {
    revision: last ?? Number(response.header?.revision ?? 0n),
    created: response.created,
    events,
  }
}

const canResume = (error: unknown): boolean =>
  !(error instanceof CallFailed) &&
  [status.UNAVAILABLE, status.INTERNAL].includes((error as ServiceError).code)

const asFailure = (endpoint: string, error: unknown): unknown =>
  error instanceof CallFailed ? error : failureOf(endpoint, error as ServiceError)
