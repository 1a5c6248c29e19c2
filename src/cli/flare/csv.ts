/** Comma-separated values as RFC 4180 has them, piece by piece: quotes, line breaks within quotes, CRLF. */

const QUOTE = '"'

export class CsvReader {
  readonly #separator: string
  #row: string[] = []
  #cell = ''
  #quoted = false
  /** A quote within quotes: the end of them, or half of a doubled one. */
  #pending = false
  #line = 1
  #rowLine = 1

  constructor(separator = ',') {
    this.#separator = separator
  }

  /** The rows that this piece of text completes, with the numbers of their first lines. */
  *read(text: string): Generator<{ readonly cells: readonly string[]; readonly line: number }> {
    for (const sign of text) {
      if (sign === '\n') this.#line++
      if (this.#pending) {
        this.#pending = false
        if (sign === QUOTE) {
          this.#cell += QUOTE
          continue
        }
        this.#quoted = false
      }
      if (this.#quoted) {
        if (sign === QUOTE) this.#pending = true
        else this.#cell += sign
      } else if (sign === QUOTE && this.#cell === '') this.#quoted = true
      else if (sign === this.#separator) this.#endCell()
      else if (sign === '\n') yield* this.#endRow()
      else if (sign !== '\r') this.#cell += sign
    }
  }

  /** The last row, when no line break ends it. Throws where quotes are left open. */
  *end(): Generator<{ readonly cells: readonly string[]; readonly line: number }> {
    if (this.#quoted && !this.#pending) {
      throw new Error(`line ${this.#rowLine}: a quote is opened and never closed`)
    }
    if (this.#cell !== '' || this.#row.length > 0) yield* this.#endRow()
  }

  #endCell(): void {
    this.#row.push(this.#cell)
    this.#cell = ''
  }

  *#endRow(): Generator<{ readonly cells: readonly string[]; readonly line: number }> {
    this.#endCell()
    const [cells, line] = [this.#row, this.#rowLine]
    this.#row = []
    this.#rowLine = this.#line
    if (cells.length > 1 || cells[0] !== '') yield { cells, line }
  }
}
