/** A client port over one inline node: what door and client tests talk to. */

import type { Chainfire } from '../../src/actors/chainfire.ts'
import { flareFace } from '../../src/actors/flare/face.ts'
import { type ClientDoor, type ClientDoorParts, openClientDoor } from '../../src/api/client-door.ts'
import { clusterId, memberId } from '../../src/api/etcd/ids.ts'
import type { Membership } from '../../src/api/etcd/member-list.ts'
import { ETCD_LIMITS } from '../../src/api/limits.ts'
import { nodeName } from '../../src/base/ids.ts'
import { SILENT } from '../../src/base/ports/log.ts'
import { UNMETERED } from '../../src/base/ports/meter.ts'
import { address } from '../../src/runtime/address.ts'
import { SeededRandom } from '../../src/runtime/inline/seeded-random.ts'
import { Outside } from '../../src/runtime/outside.ts'
import { type RunningInline, runInline } from './running-inline.ts'

export interface RunningDoor {
  readonly endpoint: string
  readonly port: number
  readonly chainfire: Chainfire
  readonly door: ClientDoor
  close(): Promise<void>
}

export const MEMBERSHIP: Membership = {
  clusterId: clusterId('demo'),
  memberId: memberId('demo', 'n1'),
  members: () => [
    {
      id: memberId('demo', 'n1'),
      name: 'n1',
      peerUrls: ['http://127.0.0.1:24791'],
      clientUrls: ['http://127.0.0.1:2379'],
      learner: false,
    },
  ],
  idOf: (name) => (name === 'n1' ? memberId('demo', 'n1') : undefined),
  sizes: () => ({ allocatedBytes: 4096, inUseBytes: 1024, quotaBytes: 0 }),
}

/** Reaches no actor. */
const NOBODY = new Outside({
  ask: (_to, _message, _timeoutMs, done) => done({ ok: false, reason: 'unreachable' }),
  open: () => ({ address: address(nodeName('n1'), 'outside', '0'), send() {}, close() {} }),
  nowMs: () => 0,
  later: () => false,
})

/** A door over anything that is a Chainfire. */
export function openDoorOver(
  chainfire: Chainfire,
  more: Partial<ClientDoorParts> = {},
): Promise<ClientDoor> {
  return openClientDoor({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    tls: undefined,
    chainfire,
    flare: flareFace(NOBODY, { node: nodeName('n1'), timeoutMs: 1000 }),
    membership: MEMBERSHIP,
    random: new SeededRandom(1),
    limits: ETCD_LIMITS,
    meter: UNMETERED,
    log: SILENT,
    pages: (_request, response) => response.end('a page\n'),
    ...more,
  })
}

export async function runDoor(more: Partial<ClientDoorParts> = {}): Promise<RunningDoor> {
  const inline: RunningInline = await runInline()
  const door = await openDoorOver(inline.chainfire, more).catch(async (error: unknown) => {
    await inline.close()
    throw error
  })
  return {
    endpoint: `127.0.0.1:${door.port}`,
    port: door.port,
    chainfire: inline.chainfire,
    door,
    async close() {
      await door.close()
      await inline.close()
    },
  }
}
