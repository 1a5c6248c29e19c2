/**
 * Isolation of transactions that append to lists, by the dependencies that their reads show (after Elle). A list
 * that was read names the order of its elements, hence of the transactions that wrote them. Between transactions
 * there are four kinds of edges: `ww` overwrote, `wr` read what another wrote, `rw` read what another then
 * overwrote, `rt` began after another was answered. Under strong snapshot isolation every cycle has two `rw` in
 * a row; any other cycle, and any read of what never was, is a violation.
 */

import type { TxnCall } from '../../workloads/flare/history.ts'
import { elementsIn } from '../../workloads/flare/keys.ts'
import type { Finding } from '../findings.ts'
import { findCycle } from './cycles.ts'

type Kind = 'ww' | 'wr' | 'rw' | 'rt'

interface Edge {
  readonly to: number
  readonly kind: Kind
  readonly why: string
}

/** One list: its elements in their order, and who appended each. */
interface List {
  readonly key: string
  readonly order: readonly string[]
}

export function checkListAppend(calls: readonly TxnCall[]): Finding[] {
  const findings: Finding[] = []
  const say = (anomaly: string, sentence: string): void => {
    findings.push({ promise: `flare.isolation.${anomaly}`, sentence })
  }
  const writers = writersOf(calls, say)
  const lists = listsOf(calls, say)
  for (const [i, call] of calls.entries()) checkReads(call, i, calls, writers, say)
  if (findings.length > 0) return findings
  const happened = calls.map((call, i) => isCommitted(call) || wasSeen(i, lists, writers))
  const edges: Edge[][] = calls.map(() => [])
  addRealTime(calls, happened, edges)
  for (const list of lists) addList(list, calls, happened, writers, edges, say)
  const cycle = findings.length === 0 ? findCycle(withoutTwoRw(edges)) : undefined
  if (cycle !== undefined) say(...describe(cycle, edges, calls))
  return findings
}

type Say = (anomaly: string, sentence: string) => void

const name = (key: string, element: string): string => `${key} ${element}`

const isCommitted = ({ outcome }: TxnCall): boolean =>
  outcome !== undefined && 'type' in outcome && outcome.type === 'committed'

const isAborted = ({ outcome }: TxnCall): boolean =>
  outcome !== undefined &&
  ('type' in outcome ? outcome.type === 'aborted' : outcome.reason !== 'undetermined')

function writersOf(calls: readonly TxnCall[], say: Say): ReadonlyMap<string, number> {
  const writers = new Map<string, number>()
  for (const [i, { appends }] of calls.entries()) {
    for (const { key, element } of appends) {
      if (writers.has(name(key, element))) say('history', `${element} was appended twice`)
      writers.set(name(key, element), i)
    }
  }
  return writers
}

/** The longest reading of each list; all others must be beginnings of it. */
function listsOf(calls: readonly TxnCall[], say: Say): List[] {
  const longest = new Map<string, readonly string[]>()
  for (const { reads } of calls) {
    for (const { key, value } of reads) {
      const elements = elementsIn(value)
      const known = longest.get(key) ?? []
      const [short, long] = elements.length < known.length ? [elements, known] : [known, elements]
      if (!short.every((element, i) => element === long[i])) {
        say('incompatible-order', `${key} was read as [${short}] and as [${long}]`)
      }
      longest.set(key, long)
    }
  }
  return [...longest].map(([key, order]) => ({ key, order }))
}

function checkReads(
  { reads, client }: TxnCall,
  self: number,
  calls: readonly TxnCall[],
  writers: ReadonlyMap<string, number>,
  say: Say,
): void {
  for (const { key, value } of reads) {
    const elements = elementsIn(value)
    if (new Set(elements).size < elements.length)
      say('duplicate', `${client} read ${key} as [${value}]`)
    for (const element of elements) {
      const writer = writers.get(name(key, element))
      const by = writer === undefined ? undefined : calls[writer]
      if (by === undefined)
        say('garbage', `${client} read ${element} in ${key}, which nobody wrote`)
      else if (isAborted(by))
        say('aborted-read', `${client} read ${element} of an aborted transaction`)
      else if (writer === self) say('internal', `${client} read ${element} before it wrote it`)
    }
    const last = elements.at(-1)
    const writer = last === undefined ? undefined : writers.get(name(key, last))
    if (writer === undefined) continue
    const own = calls[writer]?.appends ?? []
    if (own.findLast((each) => each.key === key)?.element !== last) {
      say(
        'intermediate-read',
        `${client} read ${key} up to ${last}, in the middle of a transaction`,
      )
    }
  }
}

/** Its commit was not answered, but somebody read what it wrote. */
const wasSeen = (
  call: number,
  lists: readonly List[],
  writers: ReadonlyMap<string, number>,
): boolean =>
  lists.some(({ key, order }) => order.some((element) => writers.get(name(key, element)) === call))

function addRealTime(
  calls: readonly TxnCall[],
  happened: readonly boolean[],
  edges: Edge[][],
): void {
  for (const [i, before] of calls.entries()) {
    const { returnUs } = before
    if (returnUs === undefined || !isCommitted(before)) continue
    for (const [j, after] of calls.entries()) {
      if (!happened[j] || after.invokeUs <= returnUs) continue
      edges[i]?.push({ to: j, kind: 'rt', why: 'was answered before' })
    }
  }
}

function addList(
  { key, order }: List,
  calls: readonly TxnCall[],
  happened: readonly boolean[],
  writers: ReadonlyMap<string, number>,
  edges: Edge[][],
  say: Say,
): void {
  const writerAt = order.map((element) => writers.get(name(key, element)) as number)
  const add = (from: number, to: number, kind: Kind, why: string): void => {
    if (from !== to) edges[from]?.push({ to, kind, why })
  }
  for (let i = 1; i < order.length; i++) {
    const why = `${order[i - 1]} stands before ${order[i]} in ${key}`
    add(writerAt[i - 1] as number, writerAt[i] as number, 'ww', why)
  }
  const readers = new Map<number, number>()
  for (const [reader, call] of calls.entries()) {
    if (!happened[reader] || !call.readKeys.includes(key)) continue
    const { length } = elementsIn(call.reads.find((row) => row.key === key)?.value)
    const last = writerAt[length - 1]
    if (last !== undefined) add(last, reader, 'wr', `it wrote ${order[length - 1]}, which is read`)
    const next = writerAt[length]
    if (next !== undefined) add(reader, next, 'rw', `it did not see ${order[length]} in ${key}`)
    if (!call.appends.some((each) => each.key === key)) continue
    const other = readers.get(length)
    if (other !== undefined) {
      const both = `${calls[other]?.client} and ${call.client}`
      say('lost-update', `${both} both appended to ${key} after its first ${length} elements`)
    }
    readers.set(length, reader)
  }
}

/**
 * The graph in which two `rw` never follow each other: each transaction twice, as reached by an `rw` and as
 * reached otherwise. A cycle there is a cycle that snapshot isolation does not allow.
 */
function withoutTwoRw(edges: readonly (readonly Edge[])[]): number[][] {
  return edges.flatMap((out) => {
    const others = out.filter(({ kind }) => kind !== 'rw').map(({ to }) => 2 * to)
    const all = [...others, ...out.filter(({ kind }) => kind === 'rw').map(({ to }) => 2 * to + 1)]
    return [all, others]
  })
}

function describe(
  cycle: readonly number[],
  edges: readonly (readonly Edge[])[],
  calls: readonly TxnCall[],
): [string, string] {
  const kinds = new Set<Kind>()
  const steps = cycle.map((state, i) => {
    const next = cycle[(i + 1) % cycle.length] as number
    const from = Math.floor(state / 2)
    const to = Math.floor(next / 2)
    const byRw = next % 2 === 1
    const edge = edges[from]?.find((each) => each.to === to && (each.kind === 'rw') === byRw)
    if (edge !== undefined) kinds.add(edge.kind)
    return `${calls[from]?.client} from ${calls[from]?.start} ${edge?.kind} (${edge?.why})`
  })
  return [anomalyOf(kinds), steps.join(', then ')]
}

function anomalyOf(kinds: ReadonlySet<Kind>): string {
  const timed = kinds.has('rt') ? 'real-time-' : ''
  if (kinds.has('rw')) return `${timed}g-single`
  return kinds.has('wr') ? `${timed}g1c` : `${timed}g0`
}
