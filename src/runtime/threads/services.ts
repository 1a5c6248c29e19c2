/** The named requests that a shard answers, the runtime's own among them. */

import type { Shard } from '../shard.ts'
import type { Service } from './parts.ts'
import { CRASH_EXIT, type Response } from './protocol.ts'

export class ServiceDesk {
  readonly #services = new Map<string, Service>()

  serve(name: string, service: Service): void {
    this.#services.set(name, service)
  }

  async answer(name: string, data: unknown): Promise<Response> {
    const service = this.#services.get(name)
    if (service === undefined) return { ok: false, reason: `no service ${name} on this shard` }
    try {
      return { ok: true, data: await service(data) }
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
  }
}

/** Which actor a `throw` request means. */
export interface ThrowRequest {
  readonly kind: string
  readonly key: string
}

/** `inspect` gives a `ShardPicture`. With faults allowed, `throw` makes one receive throw. */
export function serveShard(desk: ServiceDesk, shard: Shard, faults: boolean): void {
  desk.serve('inspect', () => shard.inspect())
  if (!faults) return
  desk.serve('throw', (data) => {
    const { kind, key } = data as ThrowRequest
    return shard.throwNext(kind, key)
  })
}

/** With faults allowed, `crash` ends this worker as a bug would. */
export function serveCrash(desk: ServiceDesk): void {
  desk.serve('crash', () => {
    setImmediate(() => process.exit(CRASH_EXIT))
  })
}
