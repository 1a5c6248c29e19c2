/** Runs as they are: a few seeds, the schedules that come with it, and the same seed twice. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { generateSchedule } from '../../sim/faults/generate.ts'
import { parseSchedule } from '../../sim/faults/parse.ts'
import { runSchedule } from '../../sim/run.ts'
import { countsForItself, explain, summary } from '../../sim/telling.ts'
import { REGRESSIONS } from './regressions.ts'

const SIM = join(import.meta.dirname, '../../sim')

it('the same seed gives the same trace in fresh processes, another seed another', async () => {
  const run = async (seed: number, ...flags: string[]): Promise<string> => {
    const args = [...flags, join(SIM, 'seed.ts'), String(seed), 'chainfire', '200']
    return (await promisify(execFile)(process.execPath, args)).stdout
  }
  const [one, again, other] = await Promise.all([run(12), run(12, '--random-seed=99'), run(13)])
  assert.match(one, /^seed 12 [0-9a-f]{16} pass/)
  assert.equal(one, again)
  assert.notEqual(one.split(' ')[2], other.split(' ')[2])
})

it('eight seeds pass, and each has met a fault with a call in flight', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const report = await runSchedule(generateSchedule(seed))
    assert.equal(report.verdict, 'pass', explain(report))
    assert.ok(countsForItself(report), summary(report))
    assert.ok(report.counts.operations >= 2000, summary(report))
    assert.ok(report.counts.overlapping > 0, summary(report))
  }
})

it('seeds that once found a bug pass', async () => {
  for (const { seed, found } of REGRESSIONS) {
    const report = await runSchedule(generateSchedule(seed))
    assert.equal(report.verdict, 'pass', `${found}\n${explain(report)}`)
  }
})

it('the written schedules pass, and leave the marks they promise', async () => {
  const folder = join(SIM, 'schedules')
  for (const file of readdirSync(folder)) {
    const schedule = parseSchedule(file, readFileSync(join(folder, file), 'utf8'))
    const report = await runSchedule(schedule)
    assert.equal(report.verdict, 'pass', `${file}\n${explain(report)}`)
    for (const mark of schedule.marks) assert.ok(mark in report.marks, `${file}: ${mark}`)
  }
})
