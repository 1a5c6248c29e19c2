/**
 * One region without an actor: a replica, its leader's evaluator, rows as they lie on disk, a log whose entries
 * travel as bytes. What takes time waits until the test lets it happen.
 */

import assert from 'node:assert/strict'
import { type Bytes, compareBytes, EMPTY } from '../../../src/base/bytes.ts'
import { nodeName, peerId } from '../../../src/base/ids.ts'
import type { ReplicaMeta } from '../../../src/core/region/applied.ts'
import type { RegionEntry } from '../../../src/core/region/entry.ts'
import { type EvaluatorEffect, needsStamp } from '../../../src/core/region/evaluation.ts'
import { Evaluator } from '../../../src/core/region/evaluator.ts'
import { lockPage } from '../../../src/core/region/read/locks.ts'
import { beginRead } from '../../../src/core/region/read/readers.ts'
import { RegionReplica } from '../../../src/core/region/replica.ts'
import type { VersionRow, VersionSpan } from '../../../src/core/region/rows.ts'
import { NEVER, physicalMs } from '../../../src/core/region/timestamps.ts'
import {
  namespaceId,
  type RegionAnswer,
  type RegionCommand,
  type RegionDescriptor,
  type RegionQuery,
  type RegionRefusal,
  type RegionResult,
  regionId,
  type Timestamp,
} from '../../../src/core/region/types.ts'
import { NamespaceKeys } from '../../../src/storage/region-keyspace.ts'
import { readVersionRow, regionOp } from '../../../src/storage/region-rows.ts'
import type { KeyRange, Row } from '../../../src/storage/store.ts'
import { decodeRegionEntry, encodeRegionEntry } from '../../../src/wire/region-entry.ts'

export type Outcome =
  | { readonly type: 'result'; readonly result: RegionResult }
  | { readonly type: 'refused'; readonly refusal: RegionRefusal }
  | { readonly type: 'undetermined' }

interface Proposal {
  readonly ticket: number
  readonly data: Bytes
}

export const bytesOf = (text: string): Bytes => new TextEncoder().encode(text)
export const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes)

export function descriptorOf(change: Partial<RegionDescriptor> = {}): RegionDescriptor {
  const peer = { peer: peerId(1), store: nodeName('n1'), incarnation: 'a', role: 'voter' } as const
  return {
    id: regionId(7),
    namespace: namespaceId(3),
    from: EMPTY,
    to: EMPTY,
    epoch: { version: 1, confVer: 1 },
    peers: [peer],
    ...change,
  }
}

export const metaOf = (descriptor: RegionDescriptor): ReplicaMeta => ({
  descriptor,
  announced: [],
  appliedIndex: 5,
  appliedTerm: 5,
  size: { rows: 0, bytes: 0 },
  driverEpoch: 0,
  safePoint: NEVER,
  highestCommit: NEVER,
  forgottenSession: NEVER,
})

/** Rows of all regions of a namespace, in the order of the disk. */
export class Disk {
  readonly keys = new NamespaceKeys(namespaceId(3))
  #rows: Row[] = []

  write(entry: RegionEntry): void {
    if (entry.type !== 'data') return
    for (const write of entry.writes) {
      const op = regionOp(this.keys, write)
      const at = this.#rows.findIndex(([key]) => compareBytes(key, op.key) >= 0)
      const there = at >= 0 && compareBytes((this.#rows[at] as Row)[0], op.key) === 0
      const row: Row[] = op.type === 'put' ? [[op.key.slice(), op.value.slice()]] : []
      this.#rows.splice(at < 0 ? this.#rows.length : at, there ? 1 : 0, ...row)
    }
  }

  page(span: VersionSpan): { readonly rows: readonly VersionRow[]; readonly more: boolean } {
    const found = this.range(this.keys.versionSpan(span))
    return { rows: found.slice(0, span.rows).map(readVersionRow), more: found.length > span.rows }
  }

  versions(): VersionRow[] {
    return this.range(this.keys.versions({ from: EMPTY, to: EMPTY })).map(readVersionRow)
  }

  range({ from, to, reverse }: KeyRange): Row[] {
    const found = this.#rows.filter(
      ([key]) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0,
    )
    return reverse === true ? found.reverse() : found
  }
}

/** Gives each timestamp once, ten to a millisecond. */
export class Oracle {
  #next = 1000n << 16n

  draw(): Timestamp {
    this.#next += 6554n
    return this.#next as Timestamp
  }

  pass(ms: number): void {
    this.#next += BigInt(ms) << 16n
  }
}

export class RegionBed {
  readonly oracle: Oracle
  readonly disk: Disk
  readonly replica: RegionReplica
  evaluator: Evaluator
  readonly outcomes = new Map<number, Outcome>()
  /** In the log, not applied. */
  readonly proposals: Proposal[] = []
  readonly reads: Extract<EvaluatorEffect, { type: 'read' }>[] = []
  readonly stamps: number[] = []
  /** Counted, to see which commands needed none. */
  readsMade = 0
  #ticket = 0
  #index = 5

  constructor(
    descriptor = descriptorOf(),
    disk = new Disk(),
    oracle = new Oracle(),
    replica?: RegionReplica,
  ) {
    this.disk = disk
    this.oracle = oracle
    this.replica = replica ?? new RegionReplica(metaOf(descriptor), [], [])
    this.evaluator = new Evaluator(this.replica, this.oracle.draw())
  }

  /** Everything at once: an answer or a refusal. */
  run(command: RegionCommand): Outcome {
    const ticket = this.submit(command)
    this.settle()
    const outcome = this.outcomes.get(ticket)
    assert.ok(outcome, 'every command comes to an end')
    return outcome
  }

  result(command: RegionCommand): RegionResult {
    const outcome = this.run(command)
    assert.equal(outcome.type, 'result', JSON.stringify(outcome, bigints))
    return (outcome as Extract<Outcome, { type: 'result' }>).result
  }

  submit(command: RegionCommand, stamp = this.oracle.draw()): number {
    this.#ticket += 1
    this.evaluator.submit(this.#ticket, command, needsStamp(command) ? stamp : undefined)
    this.#gather()
    return this.#ticket
  }

  /** One thing that waits, chosen by a number; false: nothing waits. */
  step(choice: number): boolean {
    const { reads, proposals, stamps } = this
    const waiting = reads.length + stamps.length + (proposals.length > 0 ? 1 : 0)
    if (waiting === 0) return false
    const at = choice % waiting
    if (at < reads.length) this.#page(at)
    else if (at < reads.length + stamps.length) this.#stamp()
    else this.applyNext()
    return true
  }

  settle(): void {
    while (this.step(0)) this.evaluator.audit()
  }

  applyNext(): void {
    const proposal = this.proposals.shift()
    if (proposal === undefined) return
    const entry = decodeRegionEntry(proposal.data)
    const outcome = this.apply(entry)
    this.evaluator.applied(proposal.ticket, outcome)
    this.#gather()
  }

  apply(entry: RegionEntry): 'done' | 'epoch' | 'driver' {
    this.#index += 1
    const applied = this.replica.apply({ index: this.#index, term: 6 }, entry)
    if (applied.outcome === 'done') this.disk.write(entry)
    return applied.outcome
  }

  /** A new leader: of what was proposed, so many entries are in its log, the rest is lost. */
  depose(kept: number): void {
    this.evaluator.close()
    this.#gather()
    for (const { data } of this.proposals.slice(0, kept)) this.apply(decodeRegionEntry(data))
    this.proposals.length = 0
    this.reads.length = 0
    this.stamps.length = 0
    this.evaluator = new Evaluator(this.replica, this.oracle.draw())
  }

  read(query: RegionQuery): RegionAnswer {
    const { at, wait } = this.evaluator.beginRead(query)
    while (wait && this.proposals.length > 0) this.applyNext()
    const { descriptor, locks } = this.replica
    if (query.op === 'locks') return lockPage(locks, query, descriptor)
    const nowMs = physicalMs(query.at ?? this.oracle.draw())
    const begun = beginRead(query, descriptor, locks, { at, nowMs })
    if (begun.type === 'answer') return begun.answer
    const { reader } = begun
    while (!reader.done) {
      for (const { read, span } of reader.wants()) {
        const { rows, more } = this.disk.page(span)
        reader.found(read, rows, more)
      }
    }
    return reader.answer()
  }

  #page(at: number): void {
    const [effect] = this.reads.splice(at, 1)
    assert.ok(effect)
    this.readsMade += 1
    const { rows, more } = this.disk.page(effect.span)
    this.evaluator.found(effect.read, rows, more)
    this.#gather()
  }

  #stamp(): void {
    this.evaluator.stamped(this.stamps.shift() as number, this.oracle.draw())
    this.#gather()
  }

  #gather(): void {
    for (const effect of this.evaluator.take()) {
      switch (effect.type) {
        case 'read':
          this.reads.push(effect)
          break
        case 'stamp':
          this.stamps.push(effect.ticket)
          break
        case 'propose':
          this.proposals.push({ ticket: effect.ticket, data: encodeRegionEntry(effect.entry) })
          break
        case 'answer':
          this.outcomes.set(effect.ticket, { type: 'result', result: effect.result })
          break
        case 'refuse':
          this.outcomes.set(effect.ticket, { type: 'refused', refusal: effect.refusal })
          break
        case 'undetermined':
          this.outcomes.set(effect.ticket, { type: 'undetermined' })
      }
    }
  }
}

const bigints = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value
