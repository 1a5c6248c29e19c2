/** One seed in this process, told in one line: what the mutants' runner and the hash test start. */

import { generateSchedule } from './faults/generate.ts'
import { EXIT } from './report.ts'
import { runSchedule } from './run.ts'
import { oneLine } from './telling.ts'

const [seed, operations] = process.argv.slice(2).map(Number)
const report = await runSchedule(generateSchedule(seed ?? 0, operations))
console.log(`${oneLine(report)} ${report.findings[0]?.sentence.split('\n')[0] ?? ''}`.trim())
process.exit(EXIT[report.verdict])
