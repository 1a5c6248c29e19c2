/** Results as tables on a terminal, as JSON when piped. */

import type { Measured, Row } from './chainfire.ts'

/** To reach against etcd; a ratio of speeds must be at least, of time and memory at most. */
const GOALS: Readonly<Record<string, { readonly least?: number; readonly most?: number }>> = {
  'put 1×1': { most: 1.5 },
  'put 100×10': { least: 1 },
  'linearizable get 100×10': { least: 1 },
  'serializable get 100×10': { least: 1 },
}
const MEMORY_GOAL = 2

export function renderTables(measured: readonly Measured[]): string {
  const places = [...new Set(measured.map(({ at }) => at))]
  return places
    .map((at) => {
      const here = measured.filter((one) => one.at === at)
      return `at the ${at}\n${renderPlace(here)}`
    })
    .join('\n\n')
}

function renderPlace(measured: readonly Measured[]): string {
  const head = ['', 'who', 'ops/s', 'mean ms', 'CPU s/10k', 'memory MB', 'against etcd']
  const lines = (measured[0]?.rows ?? []).flatMap((_, i) =>
    measured.map((one) => cellsOf(one.contender, one.rows[i] as Row, measured, i)),
  )
  const syncs = measured
    .filter(({ syncsPer10k }) => syncsPer10k !== undefined)
    .map(({ contender, syncsPer10k }) => `${contender} ${syncsPer10k?.toFixed(0)}`)
  const note =
    syncs.length === 0 ? '' : `\nfsync calls of the leader per 10 000 puts: ${syncs.join(', ')}`
  return `${columns([head, ...lines])}${note}`
}

function cellsOf(who: string, row: Row, measured: readonly Measured[], i: number): string[] {
  if (row.void !== '') return [row.plan.name, who, 'void:', row.void, '', '', '']
  return [
    row.plan.name,
    who,
    row.perSecond.toFixed(0),
    row.meanMs.toFixed(2),
    row.cpuSeconds.toFixed(2),
    (row.memoryBytes / 2 ** 20).toFixed(0),
    who === 'etcd' ? '' : comparison(row, measured.find((m) => m.contender === 'etcd')?.rows[i]),
  ]
}

function comparison(row: Row, etcd: Row | undefined): string {
  if (etcd === undefined || etcd.void !== '') return ''
  const goal = GOALS[row.plan.name]
  const ratio = goal?.most === undefined ? row.perSecond / etcd.perSecond : row.meanMs / etcd.meanMs
  const what = goal?.most === undefined ? 'speed' : 'time'
  const memory = row.memoryBytes / etcd.memoryBytes
  const reached =
    ratio >= (goal?.least ?? 0) && ratio <= (goal?.most ?? Infinity) && memory <= MEMORY_GOAL
  return `${what} ${ratio.toFixed(2)}×, memory ${memory.toFixed(2)}× ${reached ? '' : '(goal missed)'}`
}

/** Text columns, as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
