/**
 * `etcdserverpb.Watch`: one stream, many watchers. Matching, order and catching up are Chainfire's; here
 * requests go in, responses come out, and the client's pace is passed on.
 */

import type { WatchCreate, WatchEvent, WatchResponse } from '../../actors/chainfire.ts'
import {
  type WatchCreateRequest,
  WatchCreateRequest_FilterType,
  WatchDefinition,
  type WatchResponse as WatchMessage,
  type WatchRequest,
} from '../../wire/proto/etcdserverpb/watch.ts'
import { type Event, Event_EventType } from '../../wire/proto/mvccpb/kv.ts'
import { type Method, type StreamingHandler, service } from '../grpc/service.ts'
import { headerOf } from './header.ts'
import { toNumber } from './kv-requests.ts'
import { keyValueOf } from './kv-responses.ts'
import type { Membership } from './member-list.ts'
import type { ServiceParts } from './services.ts'

const ZERO_BYTE = Uint8Array.of(0)

export function watchService(parts: ServiceParts): readonly Method[] {
  return service(WatchDefinition, { watch: parts.leaders.guarding(watchHandler(parts)) })
}

function watchHandler({
  chainfire,
  membership,
  limits,
}: ServiceParts): StreamingHandler<WatchRequest, WatchMessage> {
  return (call) => {
    /** Sent but not yet taken by the client's window. */
    let waiting = 0
    const stream = chainfire.watch(limits.watchWindow, (response) => {
      waiting++
      if (call.send(messageOf(membership, response))) release()
    })
    const release = (): void => {
      const taken = waiting
      waiting = 0
      if (taken > 0) stream.consumed(taken)
    }
    return {
      message({ requestUnion: request }) {
        if (request?.$case === 'createRequest') stream.create(createFrom(request.value))
        else if (request?.$case === 'cancelRequest') stream.cancel(toNumber(request.value.watchId))
        else if (request?.$case === 'progressRequest') stream.progress()
      },
      // A client that asks for nothing more still listens.
      halfClosed() {},
      drained: release,
      gone: () => stream.close(),
    }
  }
}

function createFrom(request: WatchCreateRequest): WatchCreate {
  return {
    key: request.key.length === 0 ? ZERO_BYTE : request.key,
    rangeEnd: request.rangeEnd,
    startRevision: toNumber(request.startRevision),
    progressNotify: request.progressNotify,
    noPut: request.filters.includes(WatchCreateRequest_FilterType.NOPUT),
    noDelete: request.filters.includes(WatchCreateRequest_FilterType.NODELETE),
    prevKv: request.prevKv,
    watchId: toNumber(request.watchId),
    fragment: request.fragment,
  }
}

function messageOf(membership: Membership, response: WatchResponse): WatchMessage {
  // etcd names no revision where it ends a watcher for asking too far back.
  const compacted = response.canceled && response.compactRevision > 0
  const { revision, term } = response.header
  return {
    header: headerOf(membership, { revision: compacted ? 0 : revision, term }),
    watchId: BigInt(response.watchId),
    created: response.created,
    canceled: response.canceled,
    compactRevision: BigInt(response.compactRevision),
    cancelReason: response.cancelReason,
    fragment: response.fragment,
    events: response.events.map(eventOf),
  }
}

function eventOf({ type, kv, prevKv }: WatchEvent): Event {
  return {
    type: type === 'put' ? Event_EventType.PUT : Event_EventType.DELETE,
    kv: keyValueOf(kv),
    prevKv: prevKv && keyValueOf(prevKv),
  }
}
