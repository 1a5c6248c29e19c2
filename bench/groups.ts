/** Many Raft groups on three nodes against one: groups of a shard share their fsyncs. */

import { leaderFirst, type Member, startPlasma } from './contenders.ts'
import { putFrame } from './frames.ts'
import { runLoad } from './h2load.ts'
import { countSyncs } from './processes.ts'
import { columns } from './report.ts'

export interface GroupsRow {
  readonly groups: number
  readonly perSecond: number
  /** Of the leader, per 1000 puts. */
  readonly syncsPer1000: number | undefined
}

const PUTS = 10_000

/** Puts into Chainfire while `groups - 1` others live beside it. */
export async function measureGroups(groups: number): Promise<GroupsRow> {
  const contender = await startPlasma([`debug.groups=${groups - 1}`])
  try {
    const [leader] = (await leaderFirst(contender)) as [Member]
    const load = (requests: number) =>
      runLoad({
        endpoint: leader.endpoint,
        method: 'KV/Put',
        frame: putFrame('bench/groups', Buffer.alloc(256, 'v')),
        connections: 10,
        streams: 10,
        requests,
      })
    const { perSecond } = await load(PUTS)
    const calls = await countSyncs([leader.pid], async () => {
      await load(PUTS)
    })
    const syncsPer1000 = calls === undefined ? undefined : (calls * 1000) / PUTS
    return { groups, perSecond, syncsPer1000 }
  } finally {
    await contender.stop()
  }
}

export function renderGroups(rows: readonly GroupsRow[]): string {
  const lines = rows.map(({ groups, perSecond, syncsPer1000 }) => [
    String(groups),
    perSecond.toFixed(0),
    syncsPer1000?.toFixed(0) ?? 'not seen',
  ])
  return columns([['groups', 'puts/s', 'fsyncs per 1000 puts'], ...lines])
}
