import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { DRAWN_FAULTS, generateSchedule } from '../../sim/faults/generate.ts'
import { parseSchedule, ScheduleError } from '../../sim/faults/parse.ts'

const FOLDER = new URL('../../sim/schedules/', import.meta.url)

const problemsOf = (text: string): string => {
  try {
    parseSchedule('x.yaml', text)
  } catch (error) {
    assert.ok(error instanceof ScheduleError, String(error))
    return error.message
  }
  return ''
}

const HEAD = 'schedule: 1\nname: x\nseed: 1\n'

it('reads the ten schedules that come with it', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
  assert.ok(files.length >= 10, files.join())
  for (const file of files) {
    const schedule = parseSchedule(file, readFileSync(new URL(file, FOLDER), 'utf8'))
    assert.ok(schedule.timeline.length > 0, file)
    const times = schedule.timeline.map((step) => step.atUs)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  }
})

it('repeats a step with every and until', () => {
  const text = `${HEAD}timeline:\n  - { every: 2s, until: 7s, crash: { node: n1 } }\n`
  const times = parseSchedule('x.yaml', text).timeline.map((step) => step.atUs)
  assert.deepEqual(times, [2_000_000, 4_000_000, 6_000_000])
})

it('names the line of an unknown key and what was meant', () => {
  const text = `${HEAD}timeline:\n  - at: 2s\n    crash: { nod: n1 }\n`
  const problems = problemsOf(text)
  assert.match(problems, /x\.yaml:6.*nod: there is no such key; did you mean node\?/)
})

it('names an unknown fault, a missing unit, a node that is not there', () => {
  assert.match(
    problemsOf(`${HEAD}timeline:\n  - at: 2s\n    crush: { node: n1 }\n`),
    /did you mean crash/,
  )
  assert.match(
    problemsOf(`${HEAD}timeline:\n  - at: 2\n    crash: { node: n1 }\n`),
    /x\.yaml:5.*duration/,
  )
  assert.match(
    problemsOf(`${HEAD}timeline:\n  - at: 2s\n    crash: { node: n4 }\n`),
    /one of leader/,
  )
  assert.match(problemsOf('schedule: 2\nname: x\nseed: 1\n'), /from 1 to 1/)
  assert.match(problemsOf('schedule: [\n'), /x\.yaml:\d+: not valid YAML/)
})

it('draws the same schedule for the same seed, and different ones for others', () => {
  assert.deepEqual(generateSchedule(5), generateSchedule(5))
  const kinds = new Set<string>()
  for (let seed = 0; seed < 100; seed++) {
    for (const { fault } of generateSchedule(seed).timeline) kinds.add(fault.kind)
  }
  assert.deepEqual([...kinds].sort(), Object.keys(DRAWN_FAULTS).sort())
})

it('runs half of the seeds on shards, and one in four through the codec', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => generateSchedule(seed).cluster)
  assert.equal(seeds.filter((cluster) => cluster.shards > 0).length, 20)
  assert.equal(seeds.filter((cluster) => cluster.messages === 'encode').length, 10)
})
