/**
 * The client port of one thread: gRPC over HTTP/2 and a few pages over HTTP/1.1 on the same port. It
 * puts the services together; `node` opens one on every thread that serves clients.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Chainfire } from '../actors/chainfire.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { Random } from '../base/ports/random.ts'
import type { Membership } from './etcd/member-list.ts'
import type { DoorLimits } from './limits.ts'

export interface ClientDoorParts {
  readonly host: string
  /** 0: any free one; `ClientDoor.port` names it. */
  readonly port: number
  /** Several threads listen on one port; the kernel shares connections out. */
  readonly reusePort: boolean
  readonly chainfire: Chainfire
  readonly membership: Membership
  readonly random: Random
  readonly limits: DoorLimits
  readonly meter: Meter
  readonly log: Log
  /** Answers HTTP/1.1 requests on this port: `/health`, `/version`, `/metrics` (`admin` makes it). */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => void
}

export interface ClientDoor {
  readonly port: number
  /** How many client connections stand now on this thread. */
  connections(): number
  /** Stops listening, ends calls with UNAVAILABLE, and resolves when every connection is gone. */
  close(): Promise<void>
}

export declare function openClientDoor(parts: ClientDoorParts): Promise<ClientDoor>
