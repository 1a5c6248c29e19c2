/**
 * Chainfire under load, alone or beside etcd: puts and gets at the leader and at a follower. A row
 * counts only if the store agrees: the revision grew by exactly the puts, and gets gave the value.
 */

import { type Contender, leaderFirst, type Member, readBack } from './contenders.ts'
import { getFrame, putFrame } from './frames.ts'
import { type LoadResult, runLoad } from './h2load.ts'
import { countSyncs, cpuSeconds, memoryOf } from './processes.ts'

const KEY = 'bench/key'
const VALUE = 'v'.repeat(256)

export interface RowPlan {
  readonly name: string
  readonly operation: 'put' | 'linearizable get' | 'serializable get'
  readonly connections: number
  readonly streams: number
  readonly requests: number
}

const plan = (
  operation: RowPlan['operation'],
  connections: number,
  streams: number,
  requests: number,
): RowPlan => ({
  name: `${operation} ${connections}×${streams}`,
  operation,
  connections,
  streams,
  requests,
})

/** Puts of 256 bytes, gets of the same pair. `scale` shrinks the counts for a quick look. */
export function rowPlans(scale: number): RowPlan[] {
  const count = (requests: number): number => Math.max(100, Math.round(requests * scale))
  return [
    plan('put', 1, 1, count(3_000)),
    plan('put', 10, 10, count(60_000)),
    plan('put', 100, 10, count(120_000)),
    plan('linearizable get', 100, 10, count(120_000)),
    plan('serializable get', 100, 10, count(120_000)),
  ]
}

export interface Row {
  readonly plan: RowPlan
  readonly perSecond: number
  readonly meanMs: number
  /** Of all three nodes, per 10 000 operations. */
  readonly cpuSeconds: number
  /** Of the node under load, after the row. */
  readonly memoryBytes: number
  /** Why the row does not count; empty if it does. */
  readonly void: string
}

export interface Measured {
  readonly contender: string
  readonly at: 'leader' | 'follower'
  readonly rows: readonly Row[]
  /** Of the leader, per 10 000 puts at 100×10; absent where strace may not look. */
  readonly syncsPer10k: number | undefined
}

export async function measure(
  contender: Contender,
  at: 'leader' | 'follower',
  plans: readonly RowPlan[],
): Promise<Measured> {
  const members = await leaderFirst(contender)
  const target = members[at === 'leader' ? 0 : 1] as Member
  // Warm: open connections between the nodes, the key itself, code compiled for many clients and for one.
  await load(target, plan('put', 10, 10, 2000))
  await load(target, plan('put', 1, 1, 3000))
  const rows: Row[] = []
  for (const each of plans) rows.push(await measureRow(contender, target, each))
  const busiest = plans.filter(({ operation }) => operation === 'put').at(-1)
  const syncsPer10k =
    busiest === undefined || at === 'follower' ? undefined : await syncsOf(members, target, busiest)
  return { contender: contender.name, at, rows, syncsPer10k }
}

async function measureRow(contender: Contender, target: Member, row: RowPlan): Promise<Row> {
  const cpu = (): number => contender.members.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  const before = await readBack(target, KEY)
  const cpuBefore = cpu()
  const result = await load(target, row)
  const spent = cpu() - cpuBefore
  const after = await readBack(target, KEY)
  return {
    plan: row,
    perSecond: result.perSecond,
    meanMs: result.meanMs,
    cpuSeconds: (spent / row.requests) * 10_000,
    memoryBytes: memoryOf(target.pid).now,
    void: verdict(row, result, after.revision - before.revision, after.value),
  }
}

function verdict(row: RowPlan, result: LoadResult, grown: number, value: string): string {
  if (result.succeeded !== row.requests) {
    return `${row.requests - result.succeeded} of ${row.requests} requests got no answer`
  }
  if (value !== VALUE) return 'the store holds another value than was put'
  if (row.operation === 'put') {
    return grown === row.requests ? '' : `${row.requests} puts, yet ${grown} revisions`
  }
  if (grown !== 0) return 'a get changed the revision'
  const least = row.requests * VALUE.length
  return result.dataBytes >= least
    ? ''
    : `${result.dataBytes} bytes of answers, at least ${least} due`
}

function load(target: Member, row: RowPlan): Promise<LoadResult> {
  const isPut = row.operation === 'put'
  return runLoad({
    endpoint: target.endpoint,
    method: isPut ? 'KV/Put' : 'KV/Range',
    frame: isPut
      ? putFrame(KEY, Buffer.from(VALUE))
      : getFrame(KEY, row.operation === 'serializable get'),
    connections: row.connections,
    streams: row.streams,
    requests: row.requests,
  })
}

async function syncsOf(
  members: readonly Member[],
  target: Member,
  busiest: RowPlan,
): Promise<number | undefined> {
  const leader = members[0] as Member
  const requests = Math.min(busiest.requests, 10_000)
  const calls = await countSyncs([leader.pid], async () => {
    await load(target, { ...busiest, requests })
  })
  return calls === undefined ? undefined : (calls / requests) * 10_000
}
