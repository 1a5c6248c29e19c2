import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { Reclaim } from '../../src/actors/raft-group/reclaim.ts'
import { groupId } from '../../src/base/ids.ts'
import type { Context } from '../../src/runtime/actor.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import type { KeyRange } from '../../src/storage/store.ts'

const keys = new GroupKeys(groupId('g'))

function open() {
  const reclaim = new Reclaim(keys, { ...GROUP_LIMITS, reclaimBytes: 1000 })
  const ranges: KeyRange[] = []
  let timers = 0
  const context = {
    compact: (range: KeyRange) => ranges.push(range),
    setTimer: () => {
      timers += 1
    },
  } as unknown as Context
  return {
    reclaim,
    context,
    /** What was compacted, if a timer was set since the last time. */
    pass: (): KeyRange[] => {
      if (timers > 0) reclaim.run(context)
      timers = 0
      return ranges.splice(0)
    },
  }
}

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ main: from + i, sub: 0 }))

test('the cut log is compacted once enough went through it, all cuts in one range', () => {
  const { reclaim, context, pass } = open()
  reclaim.applied(600)
  reclaim.cutLog(1, 50, context)
  assert.deepEqual(pass(), [])
  reclaim.applied(600)
  reclaim.cutLog(51, 100, context)
  assert.deepEqual(pass(), [{ from: keys.entry(1), to: keys.entry(100) }])
  reclaim.cutLog(101, 150, context)
  assert.deepEqual(pass(), [], 'counted anew')
})

test('dead versions are compacted when there are many beside the living', () => {
  const { reclaim, context, pass } = open()
  reclaim.applied(5000)
  reclaim.dropped(rows(10, 20), 100, context)
  assert.deepEqual(pass(), [], '10 dead beside 100 living')
  reclaim.dropped(rows(30, 50), 100, context)
  assert.deepEqual(pass(), [{ from: keys.revision(10, 0), to: keys.revision(50, 0) }])
  reclaim.dropped(rows(50, 90), 100, context)
  assert.deepEqual(pass(), [], 'little was written since')
})
