/** A client that writes numbered keys at a steady rate to every node in turn, and remembers what was acknowledged. */

import assert from 'node:assert/strict'
import { connect, type PlasmaClient } from '../../src/client/connect.ts'

export interface Acknowledged {
  readonly number: number
  readonly endpoint: string
  readonly startedMs: number
  readonly endedMs: number
  readonly revision: number
}

export interface LoadOptions {
  readonly endpoints: readonly string[]
  readonly perSecond: number
  readonly prefix?: string
  readonly valueBytes?: number
  /** Numbers wrap at this many keys, which overwrites; by default each key is written once. */
  readonly keys?: number
}

const PUT_MS = 5000
const PAGE = 2000
/** Puts that may be under way at once: what a dead node holds up must not starve the living. */
const MAX_OPEN = 3000

export class Load {
  readonly acknowledged: Acknowledged[] = []
  readonly failures: string[] = []
  readonly #options: LoadOptions
  readonly #clients: readonly { readonly endpoint: string; readonly client: PlasmaClient }[]
  readonly #open = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout
  readonly #beganMs = performance.now()
  #listeners: (() => void)[] = []
  #number = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#clients = options.endpoints.map((endpoint) => ({
      endpoint,
      client: connect({ endpoints: [endpoint], timeoutMs: PUT_MS }),
    }))
    this.#timer = setInterval(() => this.#begin(), 5)
  }

  /** Resolves once so many more writes are acknowledged than now. */
  async more(count: number, timeoutMs = 30_000): Promise<void> {
    const goal = this.acknowledged.length + count
    const deadline = performance.now() + timeoutMs
    while (this.acknowledged.length < goal) {
      const last = this.failures.slice(-3).join('; ')
      assert.ok(performance.now() < deadline, `no ${count} writes in ${timeoutMs} ms; ${last}`)
      await this.#next(deadline - performance.now())
    }
  }

  /** Begins nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
    for (const { client } of this.#clients) client.close()
  }

  /** Milliseconds from a moment to the first answer to a write begun after it; waits for one. */
  async pauseAfter(momentMs: number): Promise<number> {
    for (;;) {
      const answer = this.acknowledged.find(({ startedMs }) => startedMs >= momentMs)
      if (answer !== undefined) return Math.round(answer.endedMs - momentMs)
      await this.more(1)
    }
  }

  /** Every acknowledged write is there, at each of these nodes, under the revision it was told. */
  async verifyAt(...endpoints: readonly string[]): Promise<void> {
    for (const endpoint of endpoints) {
      const client = connect({ endpoints: [endpoint] })
      await this.#verify(client)
      client.close()
    }
  }

  async #verify(client: PlasmaClient): Promise<void> {
    const { prefix = 'load/' } = this.#options
    const found = new Map<string, number>()
    for (let from = prefix; ; ) {
      const page = await client.kv.get(from, { rangeEnd: `${prefix}~`, limit: PAGE })
      for (const { key, value, modRevision } of page.kvs) {
        const name = Buffer.from(key).toString()
        assert.ok(Buffer.from(value).toString().startsWith(name), `${name} holds its own value`)
        found.set(name, modRevision)
      }
      const last = page.kvs.at(-1)
      if (!page.more || last === undefined) break
      from = `${Buffer.from(last.key).toString()}\0`
    }
    this.#verifyPresence(found)
    this.#verifyOrder()
  }

  #verifyPresence(found: ReadonlyMap<string, number>): void {
    const told = new Map<string, number>()
    for (const { number, revision } of this.acknowledged) {
      const key = this.#key(number)
      told.set(key, Math.max(told.get(key) ?? 0, revision))
    }
    const once = this.#options.keys === undefined
    const lost = [...told].filter(([key, revision]) =>
      once ? found.get(key) !== revision : (found.get(key) ?? 0) < revision,
    )
    const shown = lost.slice(0, 5).map(([key, at]) => `${key}@${at}: ${found.get(key)}`)
    assert.equal(lost.length, 0, `of ${told.size} acknowledged keys lost: ${shown.join(', ')} …`)
  }

  /** A write begun after another's answer has a greater revision than it, and none shares one. */
  #verifyOrder(): void {
    const revisions = new Set(this.acknowledged.map(({ revision }) => revision))
    assert.equal(revisions.size, this.acknowledged.length, 'no two writes share a revision')
    const ended = [...this.acknowledged].sort((a, b) => a.endedMs - b.endedMs)
    const started = [...this.acknowledged].sort((a, b) => a.startedMs - b.startedMs)
    let at = 0
    let highest = 0
    for (const write of started) {
      for (let next = ended[at]; next && next.endedMs < write.startedMs; next = ended[++at]) {
        highest = Math.max(highest, next.revision)
      }
      assert.ok(write.revision > highest, `write ${write.number} got an older revision`)
    }
  }

  #begin(): void {
    const due = Math.floor(((performance.now() - this.#beganMs) / 1000) * this.#options.perSecond)
    while (this.#number < due) {
      const number = this.#number++
      if (this.#open.size >= MAX_OPEN) continue
      const write = this.#write(number)
      this.#open.add(write)
      void write.then(() => this.#open.delete(write))
    }
  }

  async #write(number: number): Promise<void> {
    const { endpoint, client } = this.#clients[number % this.#clients.length] as never
    const startedMs = performance.now()
    const key = this.#key(number)
    try {
      const value = key.padEnd(this.#options.valueBytes ?? 0, '.')
      const { revision } = await (client as PlasmaClient).kv.put(key, value)
      this.acknowledged.push({ number, endpoint, startedMs, endedMs: performance.now(), revision })
      for (const listener of this.#listeners.splice(0)) listener()
    } catch (error) {
      this.failures.push(`${endpoint}: ${(error as Error).message}`)
    }
  }

  #key(number: number): string {
    const { prefix = 'load/', keys = Number.POSITIVE_INFINITY } = this.#options
    return `${prefix}${String(number % keys).padStart(8, '0')}`
  }

  #next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#listeners.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
