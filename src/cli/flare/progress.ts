/** A bar for long work: alive on a terminal, and one line at the end wherever it goes. All of it on stderr. */

import type logUpdate from 'log-update'
import { createLogUpdate } from 'log-update'
import colors from 'picocolors'
import { sizeOf } from './output.ts'

const DRAW_EVERY_MS = 100
const WIDTH = 30

export class Progress {
  readonly #verb: string
  /** Undefined: not known. */
  readonly #totalBytes: number | undefined
  readonly #quiet: boolean
  readonly #draw: typeof logUpdate
  readonly #startMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #rows = 0
  #bytes = 0

  constructor(verb: string, { totalBytes, quiet }: { totalBytes?: number; quiet: boolean }) {
    this.#verb = verb
    this.#totalBytes = totalBytes
    this.#quiet = quiet
    this.#draw = createLogUpdate(process.stderr)
  }

  start(): void {
    if (this.#quiet || !process.stderr.isTTY) return
    this.#timer = setInterval(() => this.#draw(this.#line()), DRAW_EVERY_MS)
  }

  add(rows: number, bytes: number): void {
    this.#rows += rows
    this.#bytes += bytes
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#quiet || this.#rows === 0) return
    this.#draw.clear()
    console.error(colors.dim(this.#summary()))
  }

  get rows(): number {
    return this.#rows
  }

  get seconds(): number {
    return (performance.now() - this.#startMs) / 1000
  }

  #line(): string {
    const total = this.#totalBytes
    const bar = total === undefined || total === 0 ? '' : `${barOf(this.#bytes / total)}  `
    return ` ${bar}${this.#summary()}${this.#left(total)}`
  }

  #summary(): string {
    const { seconds } = this
    const rate = seconds > 0 ? this.#rows / seconds : 0
    return (
      `${this.#rows} rows ${this.#verb}, ${sizeOf(this.#bytes)}, ` +
      `${seconds.toFixed(1)} s, ${rate.toFixed(0)} rows/s`
    )
  }

  #left(total: number | undefined): string {
    if (total === undefined || this.#bytes === 0 || this.#bytes >= total) return ''
    const left = (this.seconds * (total - this.#bytes)) / this.#bytes
    return `, ${left.toFixed(0)} s left`
  }
}

function barOf(share: number): string {
  const full = Math.min(WIDTH, Math.round(share * WIDTH))
  const percent = `${Math.min(100, Math.floor(share * 100))} %`.padStart(5)
  return `${colors.cyan('█'.repeat(full))}${colors.dim('░'.repeat(WIDTH - full))} ${percent}`
}
