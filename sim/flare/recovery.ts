/**
 * What is demanded of FlareDB once everything is healed: a driver, every region served, with its peers all equal,
 * none left over, none too few; every call of clients ended; a scan and a write of every kind done.
 */

import type { FlareCalls } from '../../src/actors/flare/flare-calls.ts'
import type { RegionInspection } from '../../src/actors/region/status.ts'
import { EMPTY } from '../../src/base/bytes.ts'
import type { Finding } from '../checkers/findings.ts'
import { told } from '../checkers/flare/regions-on-disk.ts'
import type { FlareClient } from '../workloads/flare/client.ts'
import type { KeySpace } from '../workloads/flare/keys.ts'
import { bodyOf } from '../workloads/flare/keys.ts'
import { bytesOf } from '../workloads/requests.ts'
import type { World } from '../world/world.ts'

/** Virtual time in which all must be well again. */
const RECOVERY_US = 60_000_000
const LOOK_EVERY_US = 250_000

export class FlareRecovery {
  readonly deadlineUs: number
  readonly #world: World
  readonly #clients: readonly FlareClient[]
  readonly #keys: KeySpace
  readonly #calls: () => FlareCalls | undefined
  #done = false
  #writing = false
  #written = false
  #startedUs = 0

  constructor(
    world: World,
    clients: readonly FlareClient[],
    keys: KeySpace,
    calls: () => FlareCalls | undefined,
  ) {
    this.#world = world
    this.#clients = clients
    this.#keys = keys
    this.#calls = calls
    this.deadlineUs = world.kernel.nowUs + RECOVERY_US
    this.#look()
  }

  get done(): boolean {
    return this.#done
  }

  missing(): Finding[] {
    if (this.#done) return []
    const atUs = this.#world.kernel.nowUs
    return this.#lacking().map((sentence) => ({ promise: 'liveness', sentence, atUs }))
  }

  #look(): void {
    this.#done = this.#lacking().length === 0
    if (this.#done) return
    this.#write()
    const label = { node: '', kind: 'recovery' }
    this.#world.kernel.after(LOOK_EVERY_US, label, () => this.#look())
  }

  #lacking(): string[] {
    const lacking: string[] = []
    if (this.#world.leader() === undefined) lacking.push('group system has no leader')
    for (const client of this.#clients) {
      if (client.finished) continue
      lacking.push(`client ${client.name} still waits for an answer: ${client.open?.type}`)
    }
    if (!this.#written) lacking.push('no write over all regions was done after all was healed')
    return [...lacking, ...this.#regions()]
  }

  #regions(): string[] {
    const { flare, nodes } = this.#world
    const lacking: string[] = []
    const peers = nodes.flatMap((node) =>
      this.#world.regionsOn(node).map((region) => ({ node: node.name, region })),
    )
    for (const id of flare?.disks.ids() ?? []) {
      const own = peers.filter(({ region }) => region.status.descriptor.id === id)
      const leader = own.find(({ region }) => region.status.serving)
      const name = `region ${id}`
      if (leader === undefined) lacking.push(`nobody serves ${name}`)
      else lacking.push(...unequal(leader.region, own))
    }
    return lacking
  }

  /** The same as is there already, in every region. */
  #write(): void {
    const { kernel } = this.#world
    if (this.#written || (this.#writing && kernel.nowUs - this.#startedUs < 6_000_000)) return
    const calls = this.#calls()
    if (calls === undefined) return
    this.#writing = true
    this.#startedUs = kernel.nowUs
    const ops = this.#keys.body.map((key) => ({
      key: bytesOf(key),
      action: 'put' as const,
      value: bytesOf(bodyOf(key)),
      ttlMs: 0,
      expect: undefined,
    }))
    calls.batch('', ops, undefined, (parts) => {
      const all = parts.ok && parts.value.every(({ outcome }) => outcome.type === 'written')
      const range = { from: EMPTY, to: EMPTY, limit: 10_000, reverse: false, keysOnly: true }
      if (!all) this.#writing = false
      else {
        calls.scan('', { ...range, at: undefined }, (scan) => {
          this.#writing = false
          this.#written = scan.ok && scan.value.rows.length >= this.#keys.body.length
        })
      }
    })
  }
}

function unequal(
  { status, state }: RegionInspection,
  peers: readonly { readonly node: string; readonly region: RegionInspection }[],
): string[] {
  const lacking: string[] = []
  const { descriptor } = status
  if (status.joint) lacking.push(`${told(descriptor)} is between two configurations`)
  for (const { peer, store, role } of descriptor.peers) {
    const found = peers.find(({ region }) => region.status.self === peer)
    const name = `peer ${peer} of ${told(descriptor)} on ${store}`
    if (role === 'learner') lacking.push(`${name} is still a learner`)
    if (found === undefined) lacking.push(`${name} is not at work`)
    else if (found.region.state.appliedIndex < state.appliedIndex) {
      lacking.push(`${name} applied ${found.region.state.appliedIndex} of ${state.appliedIndex}`)
    } else if (found.region.state.locks.size !== state.locks.size) {
      lacking.push(`${name} has ${found.region.state.locks.size} locks of ${state.locks.size}`)
    }
  }
  for (const { node, region } of peers) {
    const { self } = region.status
    if (descriptor.peers.some(({ peer }) => peer === self)) continue
    lacking.push(`${node} has peer ${self}, which is none of ${told(descriptor)}`)
  }
  return lacking
}
