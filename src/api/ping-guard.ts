/**
 * Counts a peer's pings as etcd's gRPC server does: more than two that come too soon, with nothing sent to
 * the peer in between, are an offence. Knows nothing of HTTP/2; the caller acts on the verdict.
 */

const STRIKES = 2
/** Without a running stream a ping is welcome this rarely. */
const IDLE_PING_MS = 7_200_000

export class PingGuard {
  readonly #minPingMs: number
  #lastMs = Number.NEGATIVE_INFINITY
  #strikes = 0
  /** Set by whoever sends headers or data: pings around traffic are no offence. */
  sent = false

  constructor(minPingMs: number) {
    this.#minPingMs = minPingMs
  }

  /** True when this ping is one too many. */
  pinged(nowMs: number, hasStreams: boolean): boolean {
    const spacing = hasStreams ? this.#minPingMs : IDLE_PING_MS
    const early = nowMs - this.#lastMs < spacing
    this.#lastMs = nowMs
    if (this.sent) {
      this.sent = false
      this.#strikes = 0
      return false
    }
    if (early) this.#strikes++
    return this.#strikes > STRIKES
  }
}
