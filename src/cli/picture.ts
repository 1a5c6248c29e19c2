/**
 * The live picture of `plasma up` on a terminal: Chainfire in a line, the nodes as a table, and the last
 * notable things that nodes logged. It asks the nodes over HTTP, as anybody may, and keeps nothing else.
 */

import logUpdate from 'log-update'
import colors from 'picocolors'
import { askStatus, httpUrl } from './ask.ts'
import { credentialsOfNode } from './credentials.ts'
import type { KnownNode } from './nodes.ts'
import { notable } from './notable.ts'
import { type Asked, chainfireLine, chainfireOf, nodesTable } from './tables.ts'

const LOOK_EVERY_MS = 500
const LINES = 8
/** Looks that a rate is taken over: two seconds, so that it can be read. */
const RATE_LOOKS = 5

interface Look {
  readonly atMs: number
  readonly revision: number
}

export class Picture {
  readonly #nodes: readonly KnownNode[]
  readonly #lines: string[] = []
  readonly #looks: Look[] = []
  #asked: readonly Asked[]
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(nodes: readonly KnownNode[]) {
    this.#nodes = nodes
    this.#asked = nodes.map(({ config }) => ({ name: config.node, report: undefined }))
  }

  start(): void {
    void this.#look()
  }

  /** Looks no more: what follows is the end of the cluster, not its state. */
  freeze(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#draw(colors.dim('ending; Ctrl-C again waits no longer'))
  }

  /** Leaves the last picture on the terminal, with what the nodes said last. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#draw('')
    logUpdate.done()
  }

  /** A line that a node logged. */
  take(line: string): void {
    const text = notable(line)
    if (text === undefined) return
    this.#lines.push(text)
    if (this.#lines.length > LINES) this.#lines.shift()
  }

  async #look(): Promise<void> {
    this.#asked = await Promise.all(
      this.#nodes.map(async ({ config }) => ({
        name: config.node,
        ...(await askStatus({
          url: httpUrl(config),
          credentials: () => credentialsOfNode(config),
        })),
      })),
    )
    if (this.#stopped) return
    this.#remember()
    this.#draw(colors.dim('Ctrl-C ends the cluster'))
    this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS)
  }

  #draw(foot: string): void {
    const head = chainfireLine(this.#asked, this.#putsPerSecond())
    const parts = [head, nodesTable(this.#asked), this.#lines.join('\n'), foot]
    logUpdate(`\n${parts.filter((part) => part !== '').join('\n\n')}\n`)
  }

  #remember(): void {
    const revisions = this.#asked.map(({ report }) => report && chainfireOf(report)?.revision)
    const revision = Math.max(0, ...revisions.filter((each) => each !== undefined))
    this.#looks.push({ atMs: performance.now(), revision })
    if (this.#looks.length > RATE_LOOKS) this.#looks.shift()
  }

  /** How fast the newest revision grew: each put is one. */
  #putsPerSecond(): number {
    const first = this.#looks[0]
    const last = this.#looks.at(-1)
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
    return Math.max(0, ((last.revision - first.revision) * 1000) / (last.atMs - first.atMs))
  }
}
