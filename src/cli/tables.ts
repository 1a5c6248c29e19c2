/** Status as tables. Pure: reports in, text out. */

import Table from 'cli-table3'
import colors from 'picocolors'
import type { GroupReport, ShardReport, StatusReport } from '../node/status-report.ts'

/** One node as asked: what it told, or nothing. */
export interface Asked {
  readonly name: string
  readonly report: StatusReport | undefined
  /** Put per second since the look before; absent at the first. */
  readonly putsPerSecond?: number
}

export function nodesTable(asked: readonly Asked[]): string {
  const table = plainTable([
    'node',
    'role',
    'term',
    'committed',
    'applied',
    'revision',
    'links',
    'puts/s',
    'memory',
    'client',
  ])
  for (const { name, report, putsPerSecond } of asked) {
    const group = report && chainfireOf(report)
    if (report === undefined || group === undefined) {
      table.push([name, colors.red('down'), '', '', '', '', '', '', '', ''])
      continue
    }
    table.push([
      name,
      roleText(group),
      group.term,
      group.commitIndex,
      group.appliedIndex,
      group.revision,
      linksText(report),
      putsPerSecond === undefined ? '' : putsPerSecond.toFixed(0),
      `${(report.memoryBytes / 2 ** 20).toFixed(0)} MB`,
      report.client,
    ])
  }
  const warnings = asked
    .filter(({ report }) => report?.noSync)
    .map(({ name }) =>
      colors.red(`${name}: unsafe.noSync is on: acknowledged writes are lost with the machine`),
    )
  return [table.toString(), ...warnings].join('\n')
}

export function shardsTable(asked: readonly Asked[]): string {
  const table = plainTable(['node', 'shard', 'turns', 'batches', 'actors', 'clients', 'groups'])
  for (const { name, report } of asked) {
    for (const shard of report?.shards ?? []) {
      table.push([
        name,
        shard.shard,
        shard.turns,
        shard.batches,
        actorsText(shard),
        shard.connections,
        shard.groups.map(groupText).join(', '),
      ])
    }
  }
  return table.toString()
}

export function chainfireOf(report: StatusReport): GroupReport | undefined {
  return report.shards.flatMap(({ groups }) => groups).find(({ group }) => group === 'chainfire')
}

function plainTable(head: string[]): Table.Table {
  return new Table({
    head,
    style: { head: colors.isColorSupported ? ['dim'] : [], border: [], compact: true },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
}

function roleText({ role, quiescent }: GroupReport): string {
  const text = quiescent ? `${role} (quiet)` : role
  if (role === 'leader') return colors.green(text)
  return role === 'follower' || role === 'learner' ? text : colors.yellow(text)
}

function linksText({ links }: StatusReport): string {
  return links.map(({ name, connected }) => (connected ? name : colors.red(`${name}✗`))).join(' ')
}

function actorsText({ actors, fallen }: ShardReport): string {
  return fallen.length === 0
    ? String(actors)
    : colors.red(`${actors}, fallen: ${fallen.join('; ')}`)
}

function groupText({ group, role }: GroupReport): string {
  return role === 'leader' ? colors.green(`${group}*`) : group
}
