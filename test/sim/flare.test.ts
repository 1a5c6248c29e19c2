/** FlareDB in the simulator: a few seeds, those that once found something, and the same seed twice. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runSchedule } from '../../sim/run.ts'
import { scheduleOf } from '../../sim/suites.ts'
import { countsForItself, explain, summary } from '../../sim/telling.ts'
import { FLARE_REGRESSIONS } from './regressions.ts'

const OPERATIONS = 300

it('a seed of FlareDB gives the same trace twice, and another seed another', async () => {
  const [one, again, other] = [
    await runSchedule(scheduleOf('flare', 6, OPERATIONS)),
    await runSchedule(scheduleOf('flare', 6, OPERATIONS)),
    await runSchedule(scheduleOf('flare', 8, OPERATIONS)),
  ]
  assert.equal(one.hash, again.hash)
  assert.notEqual(one.hash, other.hash)
  for (const report of [one, other]) {
    assert.equal(report.verdict, 'pass', explain(report))
    assert.ok(countsForItself(report), summary(report))
    assert.ok((report.counts.wrought.regions ?? 0) > 1, summary(report))
    assert.ok((report.counts.wrought.committed ?? 0) > 10, summary(report))
  }
})

it('seeds of FlareDB that once found a bug pass', async () => {
  for (const { seed, found } of FLARE_REGRESSIONS) {
    const report = await runSchedule(scheduleOf('flare', seed))
    assert.equal(report.verdict, 'pass', `${found}\n${explain(report)}`)
  }
})
