/** The client's front: `connect({ endpoints })`. */

import { Cluster } from './cluster.ts'
import { type ClientTls, Endpoints } from './endpoints.ts'
import { Kv } from './kv.ts'
import { Lease } from './lease.ts'
import type { Text } from './shapes.ts'
import { type WatchBatch, type WatchOptions, watch } from './watch.ts'

export interface ConnectOptions {
  /** `host:port`, `http://` or `https://` before it; one is enough, more survive the loss of one. */
  readonly endpoints: readonly string[]
  /** Makes TLS of endpoints without a scheme. */
  readonly tls?: ClientTls | undefined
  /** Milliseconds a call may take with all its tries; 10 000 unless given. */
  readonly timeoutMs?: number
}

export class PlasmaClient {
  readonly kv: Kv
  readonly lease: Lease
  readonly cluster: Cluster
  readonly #endpoints: Endpoints

  constructor({ endpoints, tls, timeoutMs = 10_000 }: ConnectOptions) {
    this.#endpoints = new Endpoints({ endpoints, tls, timeoutMs })
    this.kv = new Kv(this.#endpoints)
    this.lease = new Lease(this.#endpoints)
    this.cluster = new Cluster(this.#endpoints)
  }

  /** Events of a key or range; ends when `signal` aborts or the iteration is left. */
  watch(key: Text, options: WatchOptions = {}): AsyncGenerator<WatchBatch, void, void> {
    return watch(this.#endpoints, key, options)
  }

  /** Ends every connection; watches end with it. */
  close(): void {
    this.#endpoints.close()
  }
}

/** Connects lazily, with the first call. */
export const connect = (options: ConnectOptions): PlasmaClient => new PlasmaClient(options)
