/** Opens streams to other nodes: straight to a known address, by look-up otherwise. */

import { Lane } from './lane.ts'
import type { Dht, Endpoint, KeyPair, SecretStream } from './stack.ts'

/** A call that is not answered in this time has failed; the next one follows soon. */
const CALL_MS = 1_500

export class Caller {
  readonly #dht: Dht
  readonly #calls = new Set<SecretStream>()
  #closed = false

  constructor(dht: Dht) {
    this.#dht = dht
  }

  /** The lane once it is open; undefined when nobody answered. Never rejects. */
  call(
    publicKey: Buffer,
    keyPair: KeyPair,
    addresses: readonly Endpoint[],
  ): Promise<Lane | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const stream = this.#dht.connect(publicKey, { keyPair, relayAddresses: addresses })
    this.#calls.add(stream)
    return new Promise((resolve) => {
      const limit = setTimeout(() => stream.destroy(), CALL_MS)
      const settle = (lane: Lane | undefined): void => {
        clearTimeout(limit)
        this.#calls.delete(stream)
        resolve(lane)
      }
      stream.on('error', () => {})
      stream.on('open', () => settle(new Lane(stream)))
      stream.on('close', () => settle(undefined))
    })
  }

  close(): void {
    this.#closed = true
    for (const stream of this.#calls) stream.destroy()
  }
}
