/**
 * `grpc.health.v1.Health`. The server as a whole serves from the moment its port is open; services that are named
 * here are asked whether they do.
 */

import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../wire/proto/grpc/health/v1/health.ts'
import { type Method, type StreamingCall, service } from './service.ts'
import { Code, Status } from './status.ts'

/** Whether a service serves, by its name. */
export type Checks = ReadonlyMap<string, () => Promise<boolean>>

interface Told {
  readonly status: Serving
}

const UNKNOWN_SERVICE = new Status(Code.NOT_FOUND, 'unknown service')
/** How often those who watch a service are told anew, if it changed. */
const LOOK_EVERY_MS = 5000

export function healthService(checks: Checks): readonly Method[] {
  const look = async (name: string): Promise<Serving> => {
    if (name === '') return Serving.SERVING
    const check = checks.get(name)
    if (check === undefined) return Serving.SERVICE_UNKNOWN
    return (await check()) ? Serving.SERVING : Serving.NOT_SERVING
  }

  return service(HealthDefinition, {
    async check({ service: name }) {
      const status = await look(name)
      return status === Serving.SERVICE_UNKNOWN ? UNKNOWN_SERVICE : { status }
    },

    watch: (call) => {
      const watcher = new Watcher(call, look)
      return {
        message: ({ service: name }) => watcher.watch(name),
        halfClosed() {},
        drained() {},
        gone: () => watcher.stop(),
      }
    },
  })
}

class Watcher {
  readonly #call: StreamingCall<Told>
  readonly #look: (name: string) => Promise<Serving>
  #timer: NodeJS.Timeout | undefined
  #told: Serving | undefined
  #gone = false

  constructor(call: StreamingCall<Told>, look: (name: string) => Promise<Serving>) {
    this.#call = call
    this.#look = look
  }

  watch(name: string): void {
    void this.#tell(name)
  }

  stop(): void {
    this.#gone = true
    clearTimeout(this.#timer)
  }

  async #tell(name: string): Promise<void> {
    const status = await this.#look(name)
    if (this.#gone) return
    if (status !== this.#told) this.#call.send({ status })
    this.#told = status
    // The server as a whole, and what is unknown, stay what they are.
    if (status === Serving.SERVICE_UNKNOWN || name === '') return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#tell(name), LOOK_EVERY_MS)
  }
}
