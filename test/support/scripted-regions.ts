/**
 * A cluster of regions as a router sees it, without any actor: a gate that answers like driver, oracle and regions
 * do, in virtual time. Tests cut regions, move leaders, and decide what becomes of single questions.
 */

import { type Bytes, compareBytes } from '../../src/base/bytes.ts'
import { nodeName, peerId } from '../../src/base/ids.ts'
import type { NamespaceView, RegionView, StoreView } from '../../src/core/placement/types.ts'
import {
  type FoundRow,
  type NamespaceMode,
  namespaceId,
  type RegionAnswer,
  type RegionCommand,
  type RegionDescriptor,
  type RegionQuery,
  type RegionRefusal,
  type RegionResult,
  type RoutedRegion,
  regionId,
  type Timestamp,
  timestamp,
} from '../../src/core/region/types.ts'
import type { AskOutcome } from '../../src/runtime/actor.ts'
import type { Address } from '../../src/runtime/address.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { OutsideGate } from '../../src/runtime/outside.ts'
import type {
  DriverNamespaceCreate,
  DriverNamespaces,
  DriverRoutes,
  DriverStoreSet,
} from '../../src/wire/messages/driver.ts'
import type { OracleStamps } from '../../src/wire/messages/oracle.ts'
import type { RegionRead, RegionWrite } from '../../src/wire/messages/region.ts'

export const NODES = ['n1', 'n2', 'n3'].map(nodeName)
const ANSWER_MS = 1

export const key = (text: string): Bytes => new TextEncoder().encode(text)
export const text = (bytes: Bytes): string => new TextDecoder().decode(bytes)

const refused = (reason: string, text: string): Message =>
  ({ kind: 'driver.refused', reason, text, leader: undefined }) as Message

const STORES: readonly StoreView[] = NODES.map((name, at) => ({
  name,
  incarnation: 'x',
  state: at === 2 ? 'draining' : 'up',
  contact: 'live',
  heardMs: 5,
  labels: [{ name: 'zone', value: `z${at + 1}` }],
  load: { peers: 3, leaders: 1, bytes: 4096, freeBytes: 2 ** 34, writes: 5, reads: 7 },
}))

export interface ScriptedRegion {
  descriptor: RegionDescriptor
  leader: string
}

/** Undefined: let it be answered. `silent`: nobody answers; `done-silent`: done, and the answer is lost. */
export type Verdict = Message | 'unreachable' | 'overloaded' | 'failed' | 'silent' | 'done-silent'

export class ScriptedRegions implements OutsideGate {
  regions: ScriptedRegion[] = []
  readonly rows = new Map<string, FoundRow>()
  /** Decides on single questions before the regions do. */
  meddle: (to: Address, message: Message) => Verdict | undefined = () => undefined
  readonly asked: { readonly to: Address; readonly message: Message }[] = []
  mode: NamespaceMode = 'strong'
  #nowMs = 0
  #clock = 1n << 20n
  #order = 0
  #live = false
  #queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = []

  constructor(...cuts: readonly string[]) {
    const borders = ['', ...cuts, '']
    for (const [i] of cuts.concat('').entries()) {
      const [from, to] = [key(borders[i] as string), key(borders[i + 1] as string)]
      this.regions.push({
        descriptor: {
          id: regionId(i + 1),
          namespace: namespaceId(1),
          from,
          to,
          epoch: { version: 1, confVer: 1 },
          peers: NODES.map((store, at) => ({
            peer: peerId(10 * i + at + 1),
            store,
            incarnation: 'x',
            role: 'voter' as const,
          })),
        },
        leader: NODES[i % NODES.length] as string,
      })
    }
  }

  region(id: number): ScriptedRegion {
    return this.regions.find(({ descriptor }) => descriptor.id === id) as ScriptedRegion
  }

  /** The part below the key gets a new id. */
  split(id: number, at: string, child: number): void {
    const parent = this.region(id)
    const { descriptor } = parent
    const epoch = { ...descriptor.epoch, version: descriptor.epoch.version + 1 }
    const below = { ...descriptor, id: regionId(child), to: key(at), epoch }
    this.regions.push({ descriptor: below, leader: parent.leader })
    parent.descriptor = { ...descriptor, from: key(at), epoch }
  }

  stamp(): Timestamp {
    return timestamp(++this.#clock)
  }

  /** What is asked of regions, by the names of their commands. */
  regionAsks(): string[] {
    return this.asked.flatMap(({ to, message }) => {
      if (to.kind !== 'region') return []
      const op =
        message.kind === 'region.read'
          ? (message as RegionRead).query.op
          : (message as RegionWrite).command.op
      return [`${op} ${to.key}@${to.node}`]
    })
  }

  /** From now on time passes by itself, as fast as it can. */
  live(): this {
    this.#live = true
    return this
  }

  /** Lets time pass until nothing is left to do. */
  run(untilMs = 60_000): void {
    for (;;) {
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order)
      const next = this.#queue[0]
      if (next === undefined || next.at > untilMs) return
      this.#queue.shift()
      this.#nowMs = next.at
      next.run()
    }
  }

  ask(to: Address, message: Message, timeoutMs: number, done: (outcome: AskOutcome) => void): void {
    this.asked.push({ to, message })
    const verdict = this.meddle(to, message)
    if (verdict === 'silent' || verdict === 'done-silent') {
      if (verdict === 'done-silent') this.#answer(to, message)
      this.#at(timeoutMs, () => done({ ok: false, reason: 'timeout' }))
    } else if (typeof verdict === 'string') {
      this.#at(ANSWER_MS, () => done({ ok: false, reason: verdict }))
    } else {
      this.#at(ANSWER_MS, () =>
        done({ ok: true, message: verdict ?? this.#answer(to, message), from: to }),
      )
    }
  }

  open() {
    return { address: address(NODES[0] as never, 'outside', '1'), send() {}, close() {} }
  }

  nowMs(): number {
    return this.#nowMs
  }

  later(afterMs: number, call: () => void): boolean {
    this.#at(afterMs, call)
    return true
  }

  #at(afterMs: number, run: () => void): void {
    this.#queue.push({ at: this.#nowMs + afterMs, order: ++this.#order, run })
    if (this.#live) setImmediate(() => this.run(Number.POSITIVE_INFINITY))
  }

  #answer(to: Address, message: Message): Message {
    switch (message.kind) {
      case 'oracle.stamps': {
        const { count } = message as OracleStamps
        const first = this.#clock + 1n
        this.#clock += BigInt(count)
        return { kind: 'oracle.stamps-are', first, count } as Message
      }
      case 'driver.namespaces': {
        const { name } = message as DriverNamespaces
        const known = name === undefined || name === 'default'
        return {
          kind: 'driver.namespaces-are',
          namespaces: known ? [this.#namespace()] : [],
        } as Message
      }
      case 'driver.routes': {
        const { from, limit } = message as DriverRoutes
        const regions = this.#routed().filter(
          ({ descriptor }) => descriptor.to.length === 0 || compareBytes(descriptor.to, from) > 0,
        )
        return { kind: 'driver.routes-are', regions: regions.slice(0, limit) } as Message
      }
      case 'driver.namespace-create': {
        const { name, mode } = message as DriverNamespaceCreate
        if (name === 'default') return refused('exists', 'namespace default is there already')
        const namespace = { id: namespaceId(2), name, mode, modeEpoch: 1 }
        return { kind: 'driver.namespace-is', namespace } as Message
      }
      case 'driver.regions':
        return { kind: 'driver.regions-are', regions: this.#views(), next: undefined } as Message
      case 'driver.region-do':
        return { kind: 'driver.done' } as Message
      case 'driver.explain': {
        const verdicts = [{ rule: 'balance', acts: false, reason: 'all stores hold as much' }]
        return { kind: 'driver.explained', region: this.#views()[0], verdicts } as Message
      }
      case 'driver.stores':
        return {
          kind: 'driver.stores-are',
          stores: STORES,
          driver: NODES[0],
          driverEpoch: 3,
        } as Message
      case 'driver.store-set':
        return refused('not-found', `there is no store ${(message as DriverStoreSet).name}`)
      default:
        return this.#regionAnswer(to, message as RegionRead | RegionWrite)
    }
  }

  #namespace(): NamespaceView {
    const namespace = { id: namespaceId(1), name: 'default', mode: this.mode, modeEpoch: 1 }
    const rows = [...this.rows.values()]
    return {
      namespace,
      quota: { bytes: 2 ** 30, keys: 0 },
      regions: this.regions.length,
      bytes: rows.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
      keys: rows.length,
    }
  }

  #views(): RegionView[] {
    return this.#routed().map((routed) => ({
      ...routed,
      term: 2,
      bytes: 4096,
      keys: 10,
      writes: 1,
      reads: 2,
      heardMs: 100,
      doing: undefined,
    }))
  }

  #routed(): RoutedRegion[] {
    return this.regions
      .map(({ descriptor, leader }) => ({ descriptor, leader: nodeName(leader) }))
      .toSorted((a, b) => compareBytes(a.descriptor.from, b.descriptor.from))
  }

  #regionAnswer(to: Address, message: RegionRead | RegionWrite): Message {
    const refuse = (refusal: RegionRefusal) => ({ kind: 'region.refused', refusal }) as Message
    const region = this.region(Number(to.key))
    if (region === undefined) return refuse({ reason: 'not-here' })
    if (region.leader !== to.node) {
      return refuse({ reason: 'not-leader', leader: nodeName(region.leader) })
    }
    if (message.epoch.version !== region.descriptor.epoch.version) {
      return refuse({ reason: 'epoch', regions: this.#routed() })
    }
    return message.kind === 'region.read'
      ? ({ kind: 'region.read-done', answer: this.#read(region, message.query) } as Message)
      : ({ kind: 'region.write-done', result: this.#write(region, message.command) } as Message)
  }

  #inside({ descriptor }: ScriptedRegion, from: Bytes, to: Bytes): FoundRow[] {
    const end = to.length === 0 ? descriptor.to : to
    return [...this.rows.values()]
      .filter((row) => compareBytes(row.key, from) >= 0)
      .filter((row) => end.length === 0 || compareBytes(row.key, end) < 0)
      .toSorted((a, b) => compareBytes(a.key, b.key))
  }

  #read(region: ScriptedRegion, query: RegionQuery): RegionAnswer {
    if (query.op === 'get') {
      const { keys } = query
      const rows = keys.flatMap((each) => this.rows.get(text(each)) ?? [])
      return { op: 'get', rows, looked: keys.length }
    }
    if (query.op === 'locks') throw new Error(`no ${query.op} here`)
    const all = this.#inside(region, query.from, query.to)
    if (query.op === 'checksum') {
      const hash = all.reduce((sum, { version }) => sum + version, 0n)
      return { op: 'checksum', rows: all.length, bytes: 2 * all.length, hash, next: undefined }
    }
    if (query.reverse) all.reverse()
    const rows = all.slice(0, query.limit)
    const beyond = all[query.limit]
    const next = query.reverse ? rows.at(-1)?.key : beyond?.key
    return { op: 'scan', rows, next: beyond === undefined ? undefined : next }
  }

  #write(region: ScriptedRegion, command: RegionCommand): RegionResult {
    if (command.op === 'delete-range') {
      const all = this.#inside(region, command.from, command.to)
      const gone = all.slice(0, command.limit)
      for (const row of gone) this.rows.delete(text(row.key))
      return { op: 'deleted', keys: gone.length, next: all[command.limit]?.key }
    }
    if (command.op !== 'write') throw new Error(`no ${command.op} here`)
    const found = command.ops.map((op) => this.rows.get(text(op.key))?.version ?? timestamp(0n))
    const wrong = command.ops.some(({ expect }, i) => expect !== undefined && expect !== found[i])
    if (wrong) return { op: 'mismatch', versions: found }
    const version = this.stamp()
    for (const { key: at, action, value } of command.ops) {
      if (action === 'put') this.rows.set(text(at), { key: at, value, version })
      else this.rows.delete(text(at))
    }
    return { op: 'written', version }
  }
}
