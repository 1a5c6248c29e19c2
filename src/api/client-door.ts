/**
 * The client port of one thread: gRPC over HTTP/2 and a few pages over HTTP/1.1 on the same port. It
 * puts the services together; `node` opens one on every thread that serves clients.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Chainfire } from '../actors/chainfire.ts'
import type { Flare } from '../actors/flare/flare.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { Random } from '../base/ports/random.ts'
import { ETCD_DOOR } from './door.ts'
import { authService } from './etcd/auth-service.ts'
import { clusterService } from './etcd/cluster-service.ts'
import { etcdGuard } from './etcd/guard.ts'
import { kvService } from './etcd/kv-service.ts'
import { LeaderMonitor } from './etcd/leader-monitor.ts'
import { leaseService } from './etcd/lease-service.ts'
import { lockServices } from './etcd/locks.ts'
import { maintenanceService } from './etcd/maintenance-service.ts'
import type { Membership } from './etcd/member-list.ts'
import type { ServiceParts } from './etcd/services.ts'
import { watchService } from './etcd/watch-service.ts'
import { flareChecks } from './flare/health.ts'
import { flareServices } from './flare/services.ts'
import { FrameDoor } from './frame-door/frame-door.ts'
import type { Expiring, Stoppable } from './grpc/call-context.ts'
import { GrpcServer } from './grpc/grpc-server.ts'
import { healthService } from './grpc/health-service.ts'
import { reflectionService } from './grpc/reflection-service.ts'
import type { Method } from './grpc/service.ts'
import { Deadlines } from './grpc/timeout.ts'
import { type DoorLimits, ENVELOPE_BYTES } from './limits.ts'
import { Listener } from './listener.ts'
import type { TlsIdentity } from './tls.ts'

export interface ClientDoorParts {
  readonly host: string
  /** 0: any free one; `ClientDoor.port` names it. */
  readonly port: number
  /** Several threads listen on one port; the kernel shares connections out. */
  readonly reusePort: boolean
  /** Plain text without. */
  readonly tls: TlsIdentity | undefined
  readonly chainfire: Chainfire
  readonly flare: Flare
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
  /** New certificates, for connections to come. */
  renew(identity: TlsIdentity): void
  /** Stops listening, ends calls with UNAVAILABLE, and resolves when every connection is gone. */
  close(): Promise<void>
}

const GRACE_MS = 1_000

/** Rejects with the error of `listen`: EADDRINUSE, EACCES. */
export async function openClientDoor(parts: ClientDoorParts): Promise<ClientDoor> {
  const { limits, meter, log } = parts
  const leaders = new LeaderMonitor(parts.chainfire)
  const context = {
    maxMessageBytes: limits.maxRequestBytes + ENVELOPE_BYTES,
    guard: etcdGuard(leaders, meter),
    deadlines: new Deadlines<Expiring>(),
    running: new Set<Stoppable>(),
    meter,
    log,
  }
  const flare = flareServices(parts.flare)
  const health = healthService(flareChecks(parts.flare, flare))
  const offered = [...servicesOf({ ...parts, leaders }), ...flare, health]
  const names = offered.flatMap((methods) => methods.slice(0, 1).map(({ service }) => service))
  const server = new GrpcServer(context, [...offered, reflectionService(names)])
  const options = { ...ETCD_DOOR, maxConcurrentStreams: limits.maxConcurrentStreams }
  const door = new FrameDoor(options, (stream) => server.open(stream))
  const listener = await Listener.open({ ...parts, door })
  return {
    port: listener.port,
    connections: () => door.connections(),
    renew: (identity) => listener.renew(identity),
    async close() {
      server.stop()
      await listener.close(GRACE_MS)
    },
  }
}

const servicesOf = (parts: ServiceParts): readonly (readonly Method[])[] => [
  kvService(parts),
  watchService(parts),
  leaseService(parts),
  clusterService(parts),
  maintenanceService(parts),
  authService(parts),
  lockServices(),
]
