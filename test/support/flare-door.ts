/** A client port over scripted regions: what FlareDB's services, client and commands are tested with. */

import type { Chainfire } from '../../src/actors/chainfire.ts'
import { flareFace } from '../../src/actors/flare/face.ts'
import type { Flare } from '../../src/actors/flare/flare.ts'
import { Outside } from '../../src/runtime/outside.ts'
import { openDoorOver } from './running-door.ts'
import { NODES, ScriptedRegions } from './scripted-regions.ts'

export interface FlareDoor {
  readonly endpoint: string
  readonly cluster: ScriptedRegions
  close(): Promise<void>
}

/** Regions cut at these keys. */
export async function openFlareDoor(...cuts: readonly string[]): Promise<FlareDoor> {
  const cluster = new ScriptedRegions(...cuts).live()
  const options = { node: NODES[0] as never, timeoutMs: 5000 }
  const flare = flareFace(new Outside(cluster), options)
  // Nobody asks for Chainfire here.
  const door = await openDoorOver({} as Chainfire, { flare })
  return { endpoint: `127.0.0.1:${door.port}`, cluster, close: () => door.close() }
}

/** Takes connections and calls, and answers none. */
export async function openHangingDoor(): Promise<Omit<FlareDoor, 'cluster'>> {
  const never = () => new Promise<never>(() => {})
  const flare = new Proxy({} as Flare, {
    get: (_, name) => (name === 'within' ? () => flare : never),
  }) as Flare
  const door = await openDoorOver({} as Chainfire, { flare })
  return { endpoint: `127.0.0.1:${door.port}`, close: () => door.close() }
}
