/** Status as tables. Pure: reports in, text out. */

import Table, { type HorizontalAlignment } from 'cli-table3'
import colors from 'picocolors'
import type { GroupReport, ShardReport, StatusReport } from '../node/status-report.ts'
import type { Answer } from './ask.ts'

/** One node as asked: what it told, or nothing, and why. */
export interface Asked extends Answer {
  readonly name: string
}

/** Chainfire as a whole: who leads, how far it is, and how fast. */
export function chainfireLine(asked: readonly Asked[], putsPerSecond: number): string {
  const groups = asked.flatMap(({ name, report }) => {
    const group = report && chainfireOf(report)
    return group === undefined ? [] : [{ name, ...group }]
  })
  const leader = groups
    .filter(({ role }) => role === 'leader')
    .sort((a, b) => b.term - a.term)
    .at(0)
  const revision = Math.max(0, ...groups.map((group) => group.revision))
  const parts = [
    leader === undefined
      ? colors.yellow('no leader')
      : `${colors.green(leader.name)} leads in term ${leader.term}`,
    `revision ${revision}`,
    `${putsPerSecond.toFixed(0)} puts/s`,
  ]
  return ` ${colors.bold('chainfire')}  ${parts.join(colors.dim('  ·  '))}`
}

const NODE_COLUMNS: readonly Column[] = [
  ['node', 'left'],
  ['role', 'left'],
  ['term', 'right'],
  ['committed', 'right'],
  ['applied', 'right'],
  ['revision', 'right'],
  ['links', 'left'],
  ['memory', 'right'],
  ['client', 'left'],
  ['http', 'left'],
]

export function nodesTable(asked: readonly Asked[]): string {
  const table = plainTable(NODE_COLUMNS)
  for (const { name, report } of asked) {
    const group = report && chainfireOf(report)
    if (report === undefined || group === undefined) {
      table.push([name, colors.red('down'), ...NODE_COLUMNS.slice(2).map(() => '')])
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
      `${(report.memoryBytes / 2 ** 20).toFixed(0)} MB`,
      report.client,
      report.http,
    ])
  }
  const warnings = asked
    .filter(({ report }) => report?.noSync)
    .map(({ name }) =>
      colors.red(` ${name}: unsafe.noSync is on: acknowledged writes are lost with the machine`),
    )
  const failures = asked
    .filter(({ failure }) => failure !== undefined)
    .map(({ name, failure }) => colors.red(` ${name}: ${failure}`))
  return [table.toString(), ...warnings, ...failures].join('\n')
}

const SHARD_COLUMNS: readonly Column[] = [
  ['node', 'left'],
  ['shard', 'right'],
  ['turns', 'right'],
  ['batches', 'right'],
  ['actors', 'right'],
  ['clients', 'right'],
  ['regions', 'right'],
  ['leads', 'right'],
  ['groups', 'left'],
]

export function shardsTable(asked: readonly Asked[]): string {
  const table = plainTable(SHARD_COLUMNS)
  for (const { name, report } of asked) {
    for (const shard of report?.shards ?? []) {
      table.push([
        name,
        shard.shard,
        shard.turns,
        shard.batches,
        actorsText(shard),
        shard.connections,
        shard.regions.peers,
        shard.regions.leaders,
        shard.groups.map(groupText).join(' '),
      ])
    }
  }
  return table.toString()
}

export function chainfireOf(report: StatusReport): GroupReport | undefined {
  return report.shards.flatMap(({ groups }) => groups).find(({ group }) => group === 'chainfire')
}

export type Column = readonly [head: string, align: HorizontalAlignment]

/** Columns alone, without a line: the eye finds them. */
export function plainTable(columns: readonly Column[]): Table.Table {
  const none = Object.fromEntries(LINES.map((line) => [line, '']))
  return new Table({
    head: columns.map(([head]) => colors.dim(head)),
    colAligns: columns.map(([, align]) => align),
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 1 },
    chars: none,
  })
}

const LINES = ['top', 'bottom', 'left', 'right', 'mid']
  .flatMap((line) => [line, ...['mid', 'left', 'right'].map((side) => `${line}-${side}`)])
  .concat('middle')

function roleText({ role, quiescent }: GroupReport): string {
  const text = quiescent ? `${role}, quiet` : role
  if (role === 'leader') return colors.green(text)
  return role === 'follower' || role === 'learner' ? text : colors.yellow(text)
}

function linksText({ links }: StatusReport): string {
  const sorted = links.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(({ name, connected }) => (connected ? name : colors.red(`${name}✗`))).join(' ')
}

function actorsText({ actors, fallen }: ShardReport): string {
  return fallen.length === 0
    ? String(actors)
    : colors.red(`${actors}, fallen: ${fallen.join('; ')}`)
}

function groupText({ group, role }: GroupReport): string {
  return role === 'leader' ? colors.green(`${group}*`) : group
}
