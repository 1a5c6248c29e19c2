/**
 * How much the entries of a log weigh, from some index to its end: to the nearest mebibyte, so that no
 * entry has to be in memory for it, nor its size.
 */

interface Mark {
  /** Everything up to this index … */
  readonly index: number
  /** … weighs this much, counted from some point before the log's base. */
  readonly bytes: number
}

const STEP = 1024 * 1024

export class LogWeight {
  #bytes = 0
  /** Ascending, a step apart. */
  readonly #marks: Mark[] = []

  appended(index: number, bytes: number): void {
    this.#bytes += bytes
    const marked = this.#marks.at(-1)?.bytes ?? 0
    if (this.#bytes - marked >= STEP) this.#marks.push({ index, bytes: this.#bytes })
  }

  truncatedFrom(index: number, bytes: number): void {
    this.#bytes -= bytes
    while ((this.#marks.at(-1)?.index ?? 0) >= index) this.#marks.pop()
  }

  compactedTo(index: number): void {
    const kept = this.#marks.findIndex((mark) => mark.index > index)
    this.#marks.splice(0, kept < 0 ? this.#marks.length : kept)
  }

  /** The last index behind which the log weighs more than `bytes`; 0 when all of it weighs less. */
  lastBeyond(bytes: number): number {
    return this.#marks.findLast((mark) => this.#bytes - mark.bytes > bytes)?.index ?? 0
  }
}
