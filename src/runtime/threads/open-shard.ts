/** A shard on this thread, main or worker: its store, host, doors, and the way to stop them in order. */

import { Shard } from '../shard.ts'
import type { Mesh } from './mesh.ts'
import type { CloseDoors, OpenStore, ShardParts } from './parts.ts'
import type { ServiceDesk } from './services.ts'
import { ThreadHost, type ThreadHostParts } from './thread-host.ts'

export type HostRoads = Pick<
  ThreadHostParts,
  'node' | 'shard' | 'workers' | 'peers' | 'carry' | 'report' | 'fatal'
>

export class OpenShard {
  readonly shard: Shard
  readonly #parts: ShardParts
  readonly #host: ThreadHost
  readonly #opened: OpenStore
  readonly #mesh: Mesh
  #closeDoors: CloseDoors | undefined

  /** `opened` is this thread's handle on the store. Nothing runs before `start`. */
  constructor(parts: ShardParts, roads: HostRoads, opened: OpenStore, mesh: Mesh) {
    this.#parts = parts
    this.#opened = opened
    this.#mesh = mesh
    const { log, meter, frames } = parts
    this.#host = new ThreadHost({ ...roads, store: opened.store, log, meter, frames, mesh })
    this.shard = new Shard(this.#host, parts.program)
    this.#host.attach(() => this.shard.turn())
  }

  start(): void {
    this.shard.start()
  }

  /** Opens the doors: the last step of a start. */
  async open(desk: ServiceDesk): Promise<void> {
    const { shard } = this
    const { log, meter, services = {} } = this.#parts
    for (const [name, service] of Object.entries(services)) desk.serve(name, service)
    this.#closeDoors = await this.#parts.onReady?.({
      shard,
      outside: shard.outside,
      host: this.#host,
      log,
      meter,
      serve: (name, service) => desk.serve(name, service),
    })
  }

  async closeDoors(): Promise<void> {
    const close = this.#closeDoors
    this.#closeDoors = undefined
    await close?.()
  }

  /** Everything queued is handled and on disk, the actors are stopped. */
  async drain(): Promise<void> {
    await this.closeDoors()
    await new Promise<void>((resolve) => this.shard.drain(resolve))
    this.#host.close()
    this.#mesh.close()
  }

  closeStore(): Promise<void> {
    return this.#opened.close()
  }
}
