/** Many Raft groups on three nodes against one: the groups of a shard share their fsyncs. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leaderFirst, type Member, startPlasma } from './contenders.ts'
import { countSyncs } from './processes.ts'
import { columns } from './report.ts'

export interface GroupsRow {
  readonly groups: number
  readonly perSecond: number
  /** Of all three nodes, per 1000 puts; absent where strace may not look. */
  readonly syncsPer1000: number | undefined
  /** Puts that were not acknowledged. */
  readonly failed: number
}

/** All groups together. */
const PUTS = 10_000
const AT_ONCE = 100

/** The same number of puts, under way at the same time, spread over so many groups. */
export async function measureGroups(groups: number): Promise<GroupsRow> {
  const contender = await startPlasma(['debug.faults=true', `debug.groups=${groups - 1}`])
  try {
    const [leader] = (await leaderFirst(contender)) as [Member]
    // Every group has a leader and a warm path.
    await putIntoAll(leader, groups, 10 * groups)
    let failed = 0
    let seconds = 0
    const pids = contender.members.map(({ pid }) => pid)
    const calls = await countSyncs(pids, async () => {
      const started = performance.now()
      failed = await putIntoAll(leader, groups, PUTS)
      seconds = (performance.now() - started) / 1000
    })
    const syncsPer1000 = calls === undefined ? undefined : (calls * 1000) / PUTS
    return { groups, perSecond: (PUTS - failed) / seconds, syncsPer1000, failed }
  } finally {
    await contender.stop()
  }
}

/** How many failed. */
async function putIntoAll({ data }: Member, groups: number, puts: number): Promise<number> {
  const { http } = JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8')) as { http: string }
  const each = `puts=${puts / groups}&at_once=${AT_ONCE / groups}`
  const response = await fetch(`http://${http}/debug/groups?${each}`, { method: 'POST' })
  if (!response.ok) throw new Error(await response.text())
  const results = (await response.json()) as { readonly failed: number }[]
  return results.reduce((sum, { failed }) => sum + failed, 0)
}

export function renderGroups(rows: readonly GroupsRow[]): string {
  const lines = rows.map(({ groups, perSecond, syncsPer1000, failed }) => [
    String(groups),
    perSecond.toFixed(0),
    syncsPer1000?.toFixed(0) ?? 'not seen',
    String(failed),
  ])
  const head = ['groups', 'puts/s', 'fsyncs per 1000 puts, three nodes', 'failed']
  return columns([head, ...lines])
}
