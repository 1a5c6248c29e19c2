/**
 * `npm run sim -- ARGS`: runs seeds, schedules and planted bugs, and says what it found. Returns the exit
 * code: 0 pass, 1 safety, 2 unknown, 3 liveness, 4 non-determinism, 5 invalid schedule, 6 harness.
 */

import { readFileSync } from 'node:fs'
import { parseSchedule, ScheduleError } from './faults/parse.ts'
import type { Schedule } from './faults/schedule.ts'
import { demandedMarks, MARK_SEEDS, Marks } from './marks.ts'
import { runMutants } from './mutants/runner.ts'
import { EXIT, type RunReport } from './report.ts'
import { runSchedule } from './run.ts'
import { SUITES, type Suite, scheduleOf } from './suites.ts'
import { countsForItself, explain, oneLine, summary } from './telling.ts'

const USAGE = `usage: npm run sim -- [flare] --seed N [--trace]
       npm run sim -- [flare] --seeds A..B
       npm run sim -- run FILE.yaml …
       npm run sim -- mutants [NAME …]`

export async function main(args: readonly string[]): Promise<number> {
  const suite = SUITES.find((name) => name === args[0])
  const [first, ...rest] = suite === undefined ? args : args.slice(1)
  if (first === '--seed') return oneSeed(suite, Number(rest[0]), rest.includes('--trace'))
  if (first === '--seeds') return manySeeds(suite, rest[0] ?? '')
  if (first === 'run') return files(rest)
  if (first === 'mutants') return runMutants(rest)
  console.error(USAGE)
  return first === '--help' ? EXIT.pass : EXIT['invalid-schedule']
}

async function oneSeed(suite: Suite | undefined, seed: number, trace: boolean): Promise<number> {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    console.error('--seed takes a whole number')
    return EXIT['invalid-schedule']
  }
  const schedule = scheduleOf(suite, seed)
  if (trace) console.log(JSON.stringify(schedule, null, 2))
  return tell(await runSchedule(schedule))
}

async function files(paths: readonly string[]): Promise<number> {
  let worst: number = EXIT.pass
  for (const path of paths) {
    const schedule = readSchedule(path)
    if (schedule === undefined) return EXIT['invalid-schedule']
    const report = await runSchedule(schedule)
    const missing = new Set(schedule.marks.filter((mark) => !(mark in report.marks)))
    worst = Math.max(worst, tell(report))
    for (const mark of missing) console.log(`${path}: expected the mark ${mark}, which never came`)
    if (missing.size > 0) worst = Math.max(worst, EXIT.unknown)
  }
  return worst
}

function readSchedule(path: string): Schedule | undefined {
  try {
    return parseSchedule(path, readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof ScheduleError) console.error(error.message)
    else if (isMissing(error)) console.error(`${path}: there is no such file`)
    else throw error
    return undefined
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

function tell(report: RunReport): number {
  console.log(summary(report))
  if (report.verdict !== 'pass') console.log(explain(report))
  return EXIT[report.verdict]
}

/** Progress on a terminal, one JSON line a seed in a pipe. Stops at nothing; the worst verdict counts. */
async function manySeeds(suite: Suite | undefined, range: string): Promise<number> {
  const [from, to] = range.split('..').map(Number)
  if (from === undefined || to === undefined || !(from <= to)) {
    console.error('--seeds takes A..B')
    return EXIT['invalid-schedule']
  }
  const marks = new Marks()
  const failed: RunReport[] = []
  let idle = 0
  for (let seed = from; seed <= to; seed++) {
    const report = await runSchedule(scheduleOf(suite, seed))
    marks.merge(report.marks)
    if (!countsForItself(report)) idle++
    if (report.verdict !== 'pass') failed.push(report)
    showProgress(report, seed - from + 1, to - from + 1, failed.length)
  }
  return conclude({ demanded: demandedMarks(suite), seeds: to - from + 1, idle, marks, failed })
}

function showProgress(report: RunReport, done: number, all: number, failed: number): void {
  if (!process.stdout.isTTY) {
    const { recent: _, ...rest } = report
    console.log(JSON.stringify(rest))
    return
  }
  process.stdout.write(`\r\x1b[K${done}/${all} ${oneLine(report)}, ${failed} failed`)
  if (report.verdict !== 'pass') process.stdout.write('\n')
}

function conclude(all: {
  readonly demanded: readonly string[]
  readonly seeds: number
  readonly idle: number
  readonly marks: Marks
  readonly failed: readonly RunReport[]
}): number {
  const { demanded, seeds, idle, marks, failed } = all
  const missing = seeds >= MARK_SEEDS ? marks.missing(demanded) : []
  const say = process.stdout.isTTY ? console.log : console.error
  say(
    `\n${seeds} seeds, ${failed.length} failed, ${idle} in which no fault struck a call in flight`,
  )
  for (const mark of demanded) say(`  ${mark}: ${marks.counts()[mark] ?? 0}`)
  for (const report of failed) say(`  ${oneLine(report)}`)
  for (const mark of missing) say(`no seed ever met ${mark}`)
  const worst = failed.map(({ verdict }) => EXIT[verdict])
  return Math.max(missing.length > 0 ? EXIT.unknown : EXIT.pass, ...worst)
}
