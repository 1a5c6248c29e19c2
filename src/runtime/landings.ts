/** Who waits until everything it has written, lazily too, is on disk: in the order in which they asked. */

interface Waiting<T> {
  readonly sequence: number
  readonly item: T
}

export class Landings<T> {
  #waiting: Waiting<T>[] = []

  get size(): number {
    return this.#waiting.length
  }

  /** Every write up to this sequence number is to land first. */
  add(sequence: number, item: T): void {
    this.#waiting.push({ sequence, item })
  }

  /** Takes out those that need wait no more. */
  take(hasLanded: (sequence: number) => boolean): readonly T[] {
    const done = this.#waiting.filter(({ sequence }) => hasLanded(sequence))
    if (done.length > 0) this.#waiting = this.#waiting.filter((it) => !done.includes(it))
    return done.map(({ item }) => item)
  }
}
