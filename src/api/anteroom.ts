/**
 * Where connections wait that have not said yet what they want: until their first bytes tell, or, under TLS,
 * the handshake is done and then their first bytes tell. Bounded in time and in number: whoever came first
 * goes first when it is full, so that silent ones cannot keep others out.
 */

import type { Socket } from 'node:net'

export interface AnteroomLimits {
  /** From the arrival to the decision. */
  readonly patienceMs: number
  readonly places: number
}

export const ANTEROOM: AnteroomLimits = { patienceMs: 30_000, places: 4096 }

interface Waiting {
  readonly socket: Socket
  readonly timer: NodeJS.Timeout
}

export class Anteroom {
  readonly #limits: AnteroomLimits
  /** By where they come from: a connection in TLS is another object than the one that arrived. */
  readonly #waiting = new Map<string, Waiting>()

  constructor(limits: AnteroomLimits = ANTEROOM) {
    this.#limits = limits
  }

  get size(): number {
    return this.#waiting.size
  }

  enter(socket: Socket): void {
    const key = originOf(socket)
    const timer = setTimeout(() => socket.destroy(), this.#limits.patienceMs)
    const waiting: Waiting = { socket, timer }
    this.#waiting.set(key, waiting)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.#waiting.get(key) === waiting) this.#forget(key)
    })
    if (this.#waiting.size > this.#limits.places) this.#dropFirst()
  }

  /** It is known what the connection wants: it may stay. */
  leave(socket: Socket): void {
    this.#forget(originOf(socket))
  }

  /** Ends all that wait. */
  clear(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy()
  }

  #forget(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer)
    this.#waiting.delete(key)
  }

  #dropFirst(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    this.#forget(first[0])
    first[1].socket.destroy()
  }
}

const originOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** What the first bytes of a connection tell; undefined while they could still mean several things. */
export type Verdict<Kind> = (begun: Buffer) => Kind | undefined

/** Calls back once the bytes tell, all of them put back. Never, if the connection ends before. */
export function whenToldApart<Kind>(
  socket: Socket,
  verdict: Verdict<Kind>,
  told: (kind: Kind) => void,
): void {
  let begun: Buffer = Buffer.alloc(0)
  const look = () => {
    const more = socket.read() as Buffer | null
    if (more === null) return
    begun = begun.length === 0 ? more : Buffer.concat([begun, more])
    const kind = verdict(begun)
    if (kind === undefined) return
    socket.removeListener('readable', look)
    socket.unshift(begun)
    told(kind)
  }
  socket.on('readable', look)
}
