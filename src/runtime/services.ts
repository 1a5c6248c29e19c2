/** What contexts take from their shard at once: time that stands still within a turn, chance, small reads. */

import type { Bytes } from '../base/bytes.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { ContextServices } from './cell-context.ts'
import type { Host } from './host.ts'
import type { MessageCodec } from './message.ts'
import type { Overlay } from './overlay.ts'
import { readThrough } from './reads.ts'

export class Services implements ContextServices {
  nowMs = 0
  wallMs = 0
  readonly log: Log
  readonly meter: Meter
  readonly #host: Host
  readonly #codec: MessageCodec
  readonly #overlay: Overlay
  readonly #fatal: (reason: string) => never

  constructor(host: Host, codec: MessageCodec, overlay: Overlay, fatal: (reason: string) => never) {
    this.log = host.log
    this.meter = host.meter
    this.#host = host
    this.#codec = codec
    this.#overlay = overlay
    this.#fatal = fatal
  }

  /** A turn begins: its time is read once. */
  readTime(): void {
    this.nowMs = this.#host.clock.monotonicMs()
    this.wallMs = this.#host.clock.wallMs()
  }

  stopwatchUs(): number {
    return this.#host.stopwatchUs()
  }

  random(bound: number): number {
    return this.#host.random.below(bound)
  }

  mustKnow(kind: string): void {
    this.#codec.delivery(kind)
  }

  read(key: Bytes): Bytes | undefined {
    return readThrough(this.#overlay, this.#host.store, key)
  }

  mark(name: string): void {
    this.#host.mark(name)
  }

  fatal(reason: string): never {
    return this.#fatal(reason)
  }
}
