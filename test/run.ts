/**
 * `npm test`: every stage after the other, cheapest first, with its time; the last line counts.
 * `npm test -- WORD` runs the stages and test files whose name contains the word.
 */

import { globSync } from 'node:fs'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { runChecks } from './house/check.ts'
import { ROOT } from './house/tree.ts'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

interface Stage {
  readonly name: string
  /** Patterns of test files, from the root of the repository. */
  readonly files: readonly string[]
  /** Test files at once. Real processes and whole simulations want the machine for themselves. */
  readonly concurrency: number
  readonly timeoutMs: number
}

const MINUTE = 60_000
const PROPERTY_SEED = new URL('./support/property-seed.ts', import.meta.url).href
const LATER = ['house', 'scenarios', 'sim', 'cli', 'cluster', 'compat']

const STAGES: readonly Stage[] = [
  { name: 'units', files: ['test/**/*.test.ts'], concurrency: 2, timeoutMs: 2 * MINUTE },
  {
    name: 'scenarios',
    files: ['test/scenarios/**/*.test.ts'],
    concurrency: 2,
    timeoutMs: 2 * MINUTE,
  },
  { name: 'sim', files: ['test/sim/**/*.test.ts'], concurrency: 2, timeoutMs: 4 * MINUTE },
  { name: 'cli', files: ['test/cli/**/*.test.ts'], concurrency: 1, timeoutMs: 3 * MINUTE },
  { name: 'cluster', files: ['test/cluster/**/*.test.ts'], concurrency: 1, timeoutMs: 5 * MINUTE },
  { name: 'compat', files: ['test/compat/**/*.test.ts'], concurrency: 1, timeoutMs: 3 * MINUTE },
]

const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const failures: string[] = []

if (words.length === 0 || words.includes('check')) checkStage()
for (const stage of STAGES) await runStage(stage)

if (failures.length > 0) console.log(`\nfailed:\n${failures.map((name) => `  ${name}`).join('\n')}`)
if (total.passed + total.failed + total.skipped === 0) {
  console.log(`no test matches ${words.join(' ')}`)
  total.failed = 1
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed === 0 ? 0 : 1)

function checkStage(): void {
  console.log('— check')
  for (const { name, passed } of runChecks()) {
    if (passed) total.passed++
    else {
      total.failed++
      failures.push(`check: ${name}`)
    }
  }
}

async function runStage(stage: Stage): Promise<void> {
  const files = filesOf(stage)
  if (files.length === 0) return
  console.log(`— ${stage.name}`)
  const started = performance.now()
  const counts = await runFiles(stage, files)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    `  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds} s)`,
  )
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}

function filesOf(stage: Stage): string[] {
  const found = globSync(stage.files as string[], { cwd: ROOT }).sort()
  return found.filter((path) => {
    const mine = stage.name !== 'units' || !LATER.some((room) => path.startsWith(`test/${room}/`))
    const asked = words.length === 0 || words.some((w) => stage.name === w || path.includes(w))
    return mine && asked
  })
}

/** Each file is a process of its own: what one leaves behind cannot touch the next. */
async function runFiles(stage: Stage, files: readonly string[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [...files]
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await runOne(file, stage.timeoutMs, counts)
    }
  }
  await Promise.all(Array.from({ length: stage.concurrency }, lane))
  return counts
}

/** Ends the file's process when it does not end by itself in time, even if it spins. */
function runOne(file: string, timeoutMs: number, counts: Counts): Promise<void> {
  const late = AbortSignal.timeout(timeoutMs)
  const stream = run({
    files: [file],
    cwd: ROOT,
    signal: late,
    execArgv: ['--import', PROPERTY_SEED],
  })
  const before = counts.failed
  stream.on('test:pass', (event) => count(event, counts, 'passed'))
  stream.on('test:fail', (event) => {
    count(event, counts, 'failed')
    printFailure(event)
  })
  stream.on('test:stderr', ({ message }) => process.stderr.write(message))
  stream.on('test:stdout', ({ message }) => process.stdout.write(message))
  return new Promise((resolve) => {
    const end = (): void => {
      if (late.aborted && counts.failed === before) {
        counts.failed++
        failures.push(`${file} did not end within ${timeoutMs / 1000} s`)
      }
      resolve()
    }
    stream.on('end', end).on('error', end).resume()
  })
}

type Verdict = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data']

/** Suites count only by what is in them. */
function count(event: Verdict, counts: Counts, verdict: 'passed' | 'failed'): void {
  if (event.details.type === 'suite' && !failedByItself(event)) return
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped++
  else counts[verdict]++
}

/** A suite whose own hook or body threw, rather than a test in it. */
function failedByItself(event: Verdict): boolean {
  const error = 'error' in event.details ? event.details.error : undefined
  return error !== undefined && !isSubtestFailure(error)
}

function isSubtestFailure(error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed'
}

function printFailure(event: Verdict): void {
  const error = 'error' in event.details ? event.details.error : undefined
  if (isSubtestFailure(error)) return
  const where = `${event.file ?? ''}:${event.line ?? ''} ${event.name}`.replace(`${ROOT}/`, '')
  failures.push(where)
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  console.log(`  ✗ ${where}\n${text.replace(/^/gm, '      ')}`)
}
