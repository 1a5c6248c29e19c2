/** Hears the events of links and waits for what is expected, without sleeping. */

import type { Bytes } from '../../src/base/bytes.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { LinkEvents, LinkLane, PeerIdentity } from '../../src/net/link.ts'

export interface Heard {
  readonly from: NodeName
  readonly lane: LinkLane
  readonly frame: Bytes
}

export class Ear implements LinkEvents {
  readonly ups: PeerIdentity[] = []
  readonly downs: { readonly name: NodeName; readonly reason: string }[] = []
  readonly frames: Heard[] = []
  readonly #connected = new Set<NodeName>()
  #waiting: (() => void)[] = []

  up(peer: PeerIdentity): void {
    this.ups.push(peer)
    this.#connected.add(peer.name)
    this.changed()
  }

  down(peer: PeerIdentity, reason: string): void {
    this.downs.push({ name: peer.name, reason })
    this.#connected.delete(peer.name)
    this.changed()
  }

  frame(peer: PeerIdentity, lane: LinkLane, frame: Bytes): void {
    this.frames.push({ from: peer.name, lane, frame })
    this.changed()
  }

  hears(name: NodeName): boolean {
    return this.#connected.has(name)
  }

  connected(...names: readonly NodeName[]): Promise<void> {
    return this.until(() => names.every((name) => this.hears(name)), `up: ${names}`)
  }

  silent(name: NodeName): Promise<void> {
    return this.until(() => !this.hears(name), `down: ${name}`)
  }

  /** Resolves once it holds, looking again at each event; rejects after `withinMs`. */
  async until(holds: () => boolean, what: string, withinMs = 10_000): Promise<void> {
    const deadline = setTimeout(() => this.changed(), withinMs)
    const end = performance.now() + withinMs
    try {
      while (!holds()) {
        if (performance.now() >= end) throw new Error(`not within ${withinMs} ms: ${what}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(deadline)
    }
  }

  /** Looks again at what is waited for. */
  changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
