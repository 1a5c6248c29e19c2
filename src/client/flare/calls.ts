/** Calls of FlareDB's services; what fails is thrown as a `FlareError`. */

import type { CallOptions, Endpoints, UnaryMethod } from '../endpoints.ts'
import { flareErrorOf } from './errors.ts'

/** One that hangs, paused or cut off, is left for the next. */
const TRY_MS = 4000

export class Calls {
  readonly #endpoints: Endpoints

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints
  }

  /** Harmless twice: tried on until the deadline. */
  async read<Request, Response>(
    service: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    try {
      return await this.#endpoints.read(service, method, request, { tryMs: TRY_MS, ...options })
    } catch (error) {
      throw flareErrorOf(error, false)
    }
  }

  /** Sent again only if it was certainly not done, or if the cluster knows it again by its session. */
  async write<Request, Response>(
    service: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    { marked, ...options }: CallOptions & { readonly marked: boolean },
  ): Promise<Response> {
    const way = marked ? 'read' : 'write'
    try {
      return await this.#endpoints[way](service, method, request, { tryMs: TRY_MS, ...options })
    } catch (error) {
      throw flareErrorOf(error, true)
    }
  }

  close(): void {
    this.#endpoints.close()
  }
}
