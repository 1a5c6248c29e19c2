/** The timestamp oracle under schedules of faults, and the checker that judges it. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checkStamps, type StampCall } from '../../sim/checkers/stamps.ts'
import { generateSchedule } from '../../sim/faults/generate.ts'
import { runOracle } from './oracle-run.ts'

/** 4 and 12 are those in which an oracle that forgets the window on disk, or confirms nothing, is found out. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

it('T1 T2 T4: under faults, jumping clocks and dying leaders timestamps are in order, and come again', () => {
  for (const seed of SEEDS) {
    const { findings, answered, faults } = runOracle(generateSchedule(seed))
    assert.deepEqual(findings, [], `seed ${seed}`)
    assert.ok(answered > 100 && faults > 5, `seed ${seed}: ${answered} answers, ${faults} faults`)
  }
})

it('the same seed gives the same run', () => {
  assert.equal(runOracle(generateSchedule(7)).hash, runOracle(generateSchedule(7)).hash)
})

const call = (invokeUs: number, returnUs: number, first: bigint, count = 1): StampCall => ({
  node: 'n1',
  invokeUs,
  returnUs,
  first,
  count,
})

it('T1 what two were given alike is found', () => {
  const [found] = checkStamps([call(0, 9, 100n, 5), call(1, 8, 104n)])
  assert.equal(found?.promise, 'T1')
  assert.deepEqual(checkStamps([call(0, 9, 100n, 5), call(1, 8, 105n)]), [])
})

it('T2 less for who asked later is found; at the same time nothing is said', () => {
  const [found] = checkStamps([call(0, 5, 100n), call(6, 9, 50n)])
  assert.equal(found?.promise, 'T2')
  assert.deepEqual(checkStamps([call(0, 7, 100n), call(6, 9, 50n)]), [])
})
