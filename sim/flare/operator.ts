/** What an operator has done with regions and stores: some region, drawn when the step fires, by the driver. */

import type { FlareCalls } from '../../src/actors/flare/flare-calls.ts'
import { nodeName } from '../../src/base/ids.ts'
import type { RegionAction } from '../../src/core/placement/types.ts'
import { regionId } from '../../src/core/region/types.ts'
import type { Of } from '../faults/injector.ts'
import type { KeySpace } from '../workloads/flare/keys.ts'
import { bytesOf } from '../workloads/requests.ts'
import type { Stream } from '../world/random.ts'
import type { World } from '../world/world.ts'

const AGAIN_US = 300_000
const TRIES = 5

export class Operator {
  readonly #world: World
  readonly #keys: KeySpace
  readonly #random: Stream
  readonly #calls: () => FlareCalls | undefined

  constructor(world: World, keys: KeySpace, calls: () => FlareCalls | undefined) {
    this.#world = world
    this.#keys = keys
    this.#random = world.randomness.stream('operator', '')
    this.#calls = calls
  }

  order(fault: Of<'region' | 'store'>): void {
    if (fault.kind === 'region') this.#region(fault.action)
    else this.#store(fault, TRIES)
  }

  #region(action: Of<'region'>['action']): void {
    const ids = this.#world.flare?.disks.ids() ?? []
    if (ids.length === 0) return
    const id = this.#random.pick(ids)
    const wanted = this.#action(id, action)
    if (wanted === undefined) return
    this.#calls()?.actOnRegion(regionId(id), wanted, (told) =>
      this.#world.kernel.note('operator', action, Number(told.ok)),
    )
  }

  #action(id: number, action: Of<'region'>['action']): RegionAction | undefined {
    if (action === 'split') return { action, keys: this.#cuts() }
    const stores = this.#world.flare?.disks.newest(id)?.peers.map(({ store }) => store) ?? []
    const others = this.#world.nodes.map(({ name }) => name).filter((it) => !stores.includes(it))
    if (stores.length === 0) return undefined
    if (action === 'transfer') return { action, to: this.#random.pick(stores) }
    if (others.length === 0) return undefined
    return { action, from: this.#random.pick(stores), to: this.#random.pick(others) }
  }

  /** In the middle, or right at a key. */
  #cuts(): Uint8Array[] {
    if (this.#random.below(2) === 0) return []
    const { accounts, lists, registers } = this.#keys
    return [bytesOf(this.#random.pick([...accounts, ...lists, ...registers]))]
  }

  #store(fault: Of<'store'>, tries: number): void {
    const again = (): void => {
      if (tries === 0) return
      const label = { node: 'operator', kind: 'store' }
      this.#world.kernel.after(AGAIN_US, label, () => this.#store(fault, tries - 1))
    }
    const calls = this.#calls()
    if (calls === undefined) again()
    else {
      calls.setStore(nodeName(fault.node), fault.state, (told) => {
        this.#world.kernel.note('operator', fault.state, Number(told.ok))
        if (!told.ok) again()
      })
    }
  }
}
