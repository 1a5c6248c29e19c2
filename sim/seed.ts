/**
 * Seeds in this process, a line each, up to the first that fails: what the mutants' runner and the test
 * of determinism start. Arguments: seeds with commas between; the suite; operations a seed, if not the usual.
 */

import { EXIT } from './report.ts'
import { runSchedule } from './run.ts'
import { type Suite, scheduleOf } from './suites.ts'
import { oneLine } from './telling.ts'

const [seeds = '0', suite = 'chainfire', operations] = process.argv.slice(2)
for (const seed of seeds.split(',').map(Number)) {
  const report = await runSchedule(
    scheduleOf(suite as Suite, seed, operations ? Number(operations) : undefined),
  )
  const first = report.findings[0]?.sentence.split('\n')[0] ?? ''
  console.log(`${oneLine(report)} ${first}`.trim())
  if (report.verdict !== 'pass') process.exit(EXIT[report.verdict])
}
