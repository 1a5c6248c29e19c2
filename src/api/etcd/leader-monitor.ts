/**
 * For clients that would rather fail than wait for a leader (metadata `hasleader: true`): asks now and then
 * whether there is one, and tells open streams when it has been away for three election timeouts.
 */

import type { Chainfire } from '../../actors/chainfire.ts'
import type { StreamingHandler } from '../grpc/service.ts'
import { REFUSALS } from './errors.ts'

const ELECTION_MS = 1_000
const PATIENCE = 3

export const wantsLeader = (fields: Readonly<Record<string, string>>): boolean =>
  fields.hasleader === 'true'

export class LeaderMonitor {
  readonly #chainfire: Chainfire
  readonly #streams = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #missed = 0

  constructor(chainfire: Chainfire) {
    this.#chainfire = chainfire
  }

  async hasLeader(): Promise<boolean> {
    const { leader } = await this.#chainfire.status()
    return leader !== undefined
  }

  /** A handler whose calls end with "no leader" when they asked for that. */
  guarding<Request, Response>(
    handler: StreamingHandler<Request, Response>,
  ): StreamingHandler<Request, Response> {
    return (call) => {
      const listener = handler(call)
      if (!wantsLeader(call.fields)) return listener
      const lost = () => {
        this.#forget(lost)
        call.finish(REFUSALS.noLeader)
        listener.gone()
      }
      this.#remember(lost)
      return {
        message: (request) => listener.message(request),
        halfClosed: () => listener.halfClosed(),
        drained: () => listener.drained(),
        gone: () => {
          this.#forget(lost)
          listener.gone()
        },
      }
    }
  }

  #remember(lost: () => void): void {
    this.#streams.add(lost)
    if (this.#timer) return
    this.#missed = 0
    this.#timer = setInterval(() => void this.#look(), ELECTION_MS)
    this.#timer.unref()
  }

  #forget(lost: () => void): void {
    this.#streams.delete(lost)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    this.#missed = (await this.hasLeader()) ? 0 : this.#missed + 1
    if (this.#missed < PATIENCE) return
    this.#missed = 0
    for (const lost of [...this.#streams]) lost()
  }
}
