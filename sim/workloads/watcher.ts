/**
 * One watcher: a stream on some node, opened anew elsewhere, from where it stood, whenever it is lost.
 * Each stream's responses are kept as a record of their own.
 */

import type { WatchResponse, WatchStream } from '../../src/actors/chainfire.ts'
import { watchedUpTo } from '../checkers/watch.ts'
import type { Stream } from '../world/random.ts'
import type { Connection, Workplace } from './client.ts'
import type { WatchRecord } from './history.ts'
import { watchOf } from './requests.ts'

const WINDOW = 4
const REOPEN_US = 200_000

export class Watcher {
  readonly name: string
  readonly #place: Workplace
  readonly #random: Stream
  readonly #key: string
  readonly #end: string
  #connection: Connection | undefined
  #stream: WatchStream | undefined
  #record: WatchRecord | undefined
  #from: number

  constructor(place: Workplace, random: Stream, number: number) {
    this.name = `w${number}`
    this.#place = place
    this.#random = random
    this.#key = random.pick(place.keys)
    this.#end = random.below(2) === 0 ? '' : '\0'
    this.#from = random.below(2)
  }

  start(): void {
    this.#later(this.#random.below(400_000), () => this.#open())
    this.#later(this.#random.below(3_000_000), () => this.#fidget())
  }

  connectionLost(node: string, shard: number | undefined): void {
    const mine = this.#connection
    if (mine === undefined || mine.node !== node) return
    if (shard !== undefined && mine.shard !== shard) return
    this.#lose()
  }

  /** Everything up to here was seen on the present stream. */
  get upTo(): number {
    return this.#record === undefined ? 0 : watchedUpTo(this.#record)
  }

  /** Asks how far its stream has come: at the end of a run. */
  askProgress(): void {
    this.#place.stir()
    this.#stream?.progress()
  }

  #open(): void {
    const connection = this.#place.connect(this.#random)
    if (connection === undefined) {
      this.#later(REOPEN_US, () => this.#open())
      return
    }
    this.#place.stir()
    const record: WatchRecord = {
      client: this.name,
      node: connection.node,
      create: watchOf(this.#key, this.#end, this.#from, {
        prevKv: this.#random.below(3) === 0,
        fragment: this.#random.below(3) === 0,
      }),
      responses: [],
      ended: false,
    }
    this.#connection = connection
    this.#record = record
    this.#place.history.watches.push(record)
    const stream = connection.chainfire.watch(WINDOW, (response) => this.#take(record, response))
    this.#stream = stream
    stream.create(record.create)
  }

  #take(record: WatchRecord, response: WatchResponse): void {
    if (record.ended) return
    record.responses.push({ atUs: this.#place.kernel.nowUs, response })
    this.#place.kernel.note(this.name, 'told', response.header.revision + response.events.length)
    const stream = this.#stream
    this.#later(this.#random.tailed(100, 40_000), () => {
      if (record.ended) return
      this.#place.stir()
      stream?.consumed(1)
      if (!response.canceled) return
      this.#from = Math.max(response.compactRevision, this.#from)
      this.#lose()
    })
  }

  /** Now and then closes its stream, or asks how far it has come. */
  #fidget(): void {
    this.#later(500_000 + this.#random.below(4_000_000), () => this.#fidget())
    if (this.#stream === undefined) return
    this.#place.stir()
    if (this.#random.below(3) > 0) this.#stream.progress()
    else this.#lose()
  }

  #lose(): void {
    const record = this.#record
    if (record === undefined || record.ended) return
    record.ended = true
    this.#stream?.close()
    this.#stream = undefined
    this.#connection = undefined
    const told = record.responses.some(({ response }) => response.created)
    if (told) this.#from = Math.max(this.#from, watchedUpTo(record) + 1)
    this.#later(REOPEN_US, () => this.#open())
  }

  #later(delayUs: number, run: () => void): void {
    this.#place.kernel.after(delayUs, { node: this.name, kind: 'watcher' }, run)
  }
}
