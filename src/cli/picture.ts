/** The live picture of `plasma up` on a terminal: the cluster's table, and the last notable lines. */

import logUpdate from 'log-update'
import colors from 'picocolors'
import { askStatus, httpAddress } from './ask.ts'
import type { KnownNode } from './nodes.ts'
import { type Asked, chainfireOf, nodesTable } from './tables.ts'

const LOOK_EVERY_MS = 500
const LINES = 6

interface Look {
  readonly atMs: number
  readonly revision: number
}

export class Picture {
  readonly #nodes: readonly KnownNode[]
  readonly #lines: string[] = []
  readonly #before = new Map<string, Look>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(nodes: readonly KnownNode[]) {
    this.#nodes = nodes
  }

  start(): void {
    void this.#look()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    logUpdate.done()
  }

  /** A line that a node logged. */
  take(line: string): void {
    const text = brief(line)
    if (text === undefined) return
    this.#lines.push(text)
    if (this.#lines.length > LINES) this.#lines.shift()
  }

  async #look(): Promise<void> {
    const asked = await Promise.all(
      this.#nodes.map(async ({ config }): Promise<Asked> => {
        const report = await askStatus(httpAddress(config))
        const rate = report && this.#rate(config.node, chainfireOf(report)?.revision ?? 0)
        const name = config.node
        return rate === undefined ? { name, report } : { name, report, putsPerSecond: rate }
      }),
    )
    if (this.#stopped) return
    logUpdate([nodesTable(asked), ...this.#lines, colors.dim('Ctrl-C ends the cluster')].join('\n'))
    this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS)
  }

  /** Revisions per second since the look before. */
  #rate(node: string, revision: number): number | undefined {
    const before = this.#before.get(node)
    const atMs = performance.now()
    this.#before.set(node, { atMs, revision })
    if (before === undefined || revision < before.revision) return undefined
    return ((revision - before.revision) * 1000) / (atMs - before.atMs)
  }
}

const COLOR_FROM_LEVEL = 40

interface LogRecord {
  readonly level: number
  readonly node?: string
  readonly msg?: string
  readonly role?: string
  readonly peer?: string
  readonly reason?: string
}

/** A log record as one short line; what is no record as it stands. */
function brief(line: string): string | undefined {
  try {
    const record = JSON.parse(line) as LogRecord
    const { node, msg, role, peer, reason } = record
    const text = [node, msg, role, peer, reason].filter((part) => part !== undefined).join(' ')
    return record.level >= COLOR_FROM_LEVEL ? colors.yellow(text) : colors.dim(text)
  } catch {
    return line === '' ? undefined : line
  }
}
