/**
 * `npm run bench -- chainfire [--vs etcd] [--quick]`, `npm run bench -- groups`, `npm run bench -- disk`.
 * Tables on a terminal, JSON when piped. Needs h2load and etcdctl; strace if syncs are to be counted.
 */

import { existsSync } from 'node:fs'
import { type Measured, measure, rowPlans } from './chainfire.ts'
import { type Contender, startEtcd, startPlasma } from './contenders.ts'
import { measureDisk, renderDisk } from './disk-curve.ts'
import { measureGroups, renderGroups } from './groups.ts'
import { renderTables } from './report.ts'

const USAGE = `plasma bench chainfire [--vs etcd] [--quick] [--set key=value]   puts and gets, alone or beside etcd
plasma bench groups                                               100 Raft groups against one
plasma bench disk [--mib N]                                        disk use under overwrites`

export async function main(args: readonly string[]): Promise<number> {
  const missing = ['h2load', 'etcdctl'].filter((program) => !existsSync(`/usr/bin/${program}`))
  if (missing.length > 0) {
    console.error(
      `bench needs ${missing.join(' and ')}: apt-get install nghttp2-client etcd-client`,
    )
    return 1
  }
  switch (args[0]) {
    case 'chainfire':
      return benchChainfire(args)
    case 'groups':
      return benchGroups()
    case 'disk':
      return benchDisk(args)
    default:
      console.error(USAGE)
      return args[0] === undefined || args[0] === '--help' ? 0 : 1
  }
}

async function benchChainfire(args: readonly string[]): Promise<number> {
  const sets = args.flatMap((arg, i) => (args[i - 1] === '--set' ? [arg] : []))
  const plans = rowPlans(args.includes('--quick') ? 0.1 : 1)
  const starts: (() => Promise<Contender>)[] = [() => startPlasma(sets)]
  if (args.includes('etcd')) starts.unshift(startEtcd)
  if (sets.some((set) => /noSync=true/.test(set))) {
    console.error('\u001b[31munsafe.noSync is on: these figures wait for no disk\u001b[39m')
  }
  const measured: Measured[] = []
  // In turn, never at once: each has the machine for itself.
  for (const start of starts) {
    const contender = await start()
    try {
      measured.push(await measure(contender, 'leader', plans))
      measured.push(await measure(contender, 'follower', plans))
    } finally {
      await contender.stop()
    }
  }
  print(measured, renderTables(measured))
  return measured.every(({ rows }) => rows.every((row) => row.void === '')) ? 0 : 1
}

async function benchGroups(): Promise<number> {
  const rows = [await measureGroups(1), await measureGroups(100)]
  print(rows, renderGroups(rows))
  return 0
}

async function benchDisk(args: readonly string[]): Promise<number> {
  const contender = await startPlasma()
  try {
    const points = await measureDisk(contender, Number(args[args.indexOf('--mib') + 1]) || 200)
    print(points, renderDisk(points))
    return 0
  } finally {
    await contender.stop()
  }
}

function print(data: unknown, text: string): void {
  console.log(process.stdout.isTTY ? text : JSON.stringify(data, null, 2))
}
