/**
 * The actor of one region's peer on one node: its way back from disk, then at work, at last its end. Until it
 * is back it promises nothing: Raft messages are dropped, clients are told that it is not ready.
 */

import type { PeerId } from '../../base/ids.ts'
import type { RegionDescriptor, RegionId } from '../../core/region/types.ts'
import type { Actor, ActorKind, Context, Input } from '../../runtime/actor.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { CorruptRecord } from '../../storage/record.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { Death } from './death.ts'
import { Installation } from './install.ts'
import { type Recovered, Recovery } from './recovery.ts'
import { refuse } from './refuse.ts'
import { REGION, regionGroup } from './replica.ts'
import { RunningRegion } from './running.ts'
import { Staging } from './staging.ts'

export function regionKind(options: TreeOptions, ports: TreePorts): ActorKind {
  return { kind: REGION, create: (at) => new Region(Number(at.key) as RegionId, options, ports) }
}

class Region implements Actor {
  readonly #id: RegionId
  readonly #keys: GroupKeys
  readonly #options: TreeOptions
  readonly #ports: TreePorts
  /** A snapshot that a crash kept from its place: finished before anything else. */
  #installation: Installation | undefined
  #recovery: Recovery | undefined
  #running: RunningRegion | undefined
  #death: Death | undefined
  /** Heard before it was back. */
  #campaign = false

  constructor(id: RegionId, options: TreeOptions, ports: TreePorts) {
    this.#id = id
    this.#keys = new GroupKeys(regionGroup(id))
    this.#options = options
    this.#ports = ports
  }

  receive(input: Input, context: Context): void {
    try {
      if (this.#death !== undefined) this.#die(this.#death, input, context)
      else if (this.#running !== undefined) this.#run(this.#running, input, context)
      else this.#recover(input, context)
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error
      context.fatal(`region ${this.#id}: ${error.message}; start with --rejoin to come back empty`)
    }
  }

  inspect(): object {
    return this.#running?.inspect() ?? {}
  }

  #recover(input: Input, context: Context): void {
    if (input.type === 'start') {
      this.#begin(context)
    } else if (this.#installation !== undefined && input.type === 'landed') {
      if (this.#installation.landed(input.tag, context)) this.#reload(context)
    } else if (this.#installation !== undefined && input.type === 'scanned') {
      this.#installation.page(input.tag, input.rows, input.more, context)
    } else if (input.type === 'scanned') {
      const recovered = this.#recovery?.page(input.rows, input.more, context)
      if (recovered !== undefined) this.#live(recovered, context)
    } else if (input.type === 'message' && input.question !== undefined) {
      refuse(input.question, { reason: 'not-ready' }, context)
    } else if (input.type === 'message' && input.message.kind === 'region.campaign') {
      this.#campaign = true
    }
  }

  #begin(context: Context): void {
    const snapshot = Installation.interrupted(this.#keys, context)
    if (snapshot === undefined) {
      this.#reload(context)
      return
    }
    context.mark('region.install-resumed')
    const before = Recovery.descriptorOf(this.#id, this.#keys, context)
    const staging = new Staging({ id: this.#id })
    this.#installation = new Installation(snapshot, this.#keys, staging, before)
    this.#installation.begin(context)
  }

  #reload(context: Context): void {
    this.#installation = undefined
    this.#recovery = Recovery.of(this.#id, this.#keys, context)
    this.#recovery.begin(context)
  }

  #live(recovered: Recovered, context: Context): void {
    if (!recovered.living) {
      this.#end(recovered.state.descriptor, recovered.self, context)
      return
    }
    const parts = { id: this.#id, keys: this.#keys, options: this.#options, ports: this.#ports }
    this.#running = new RunningRegion({ ...parts, recovered }, context)
    if (this.#campaign) this.#running.campaign(context)
  }

  #run(running: RunningRegion, input: Input, context: Context): void {
    running.receive(input, context)
    // Children that were split off here are to live.
    if (!running.expelled || running.rooms.children.waiting) return
    const { replica } = running.rooms
    context.log.info({ region: this.#id, peer: replica.self }, 'no member any more: the peer goes')
    context.mark('region.expelled')
    running.end(context)
    this.#end(replica.descriptor, replica.self, context)
  }

  #end(descriptor: RegionDescriptor, self: PeerId, context: Context): void {
    this.#running = undefined
    this.#death = new Death(descriptor, self, this.#keys)
    this.#death.begin(context)
  }

  #die(death: Death, input: Input, context: Context): void {
    if (input.type === 'answer' && death.ownsTag(input.tag)) death.answered(input.outcome, context)
    else if (input.type === 'timer' && death.ownsTag(input.name)) death.again(context)
    else if (input.type === 'landed' && death.ownsTag(input.tag)) death.cleared(context)
    else if (input.type === 'scanned' && death.ownsTag(input.tag)) {
      death.page(input.rows, input.more, context)
    } else if (input.type === 'message' && input.question !== undefined) {
      refuse(input.question, { reason: 'not-here' }, context)
    }
  }
}
