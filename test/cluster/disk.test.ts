/** Disk use stays bounded while the same keys are overwritten and compacted behind. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type CurvePoint, diskCurve } from '../../bench/disk-curve.ts'
import { TestCluster } from '../support/cluster.ts'

const MIB = 2 ** 20
const SAMPLES = 16
const TOTAL = 128 * MIB
/** Every value is written twice, into the log and as a row: three eighths of what would be there if nothing went. */
const MOST = 96 * MIB
/** Between two compactions, which hold rows twice: LevelDB's two buffers of 16 MiB and what is alive. */
const LEAST = 48 * MIB

describe('disk use under overwrites with compaction', () => {
  let cluster: TestCluster
  let points: readonly CurvePoint[]

  before(async () => {
    const sets = ['raft.snapshotCount=250', 'raft.catchUpEntries=300']
    cluster = await TestCluster.start({ sets })
    points = await diskCurve({
      endpoint: cluster.node(await cluster.leader()).endpoint,
      directories: cluster.nodes.map(({ data }) => data),
      totalBytes: TOTAL,
      samples: SAMPLES,
      keys: 100,
      valueBytes: 8 * 1024,
    })
  })
  after(() => cluster?.stop())

  it('stays below a bound that does not grow with what was written', () => {
    assert.equal(points.length, SAMPLES)
    const most = points.map(({ diskBytes }) => Math.max(...diskBytes))
    const shown = `MiB on disk along the way: ${most.map((bytes) => Math.round(bytes / MIB)).join(' ')}`
    assert.ok(Math.max(...most) < MOST, shown)
    assert.ok(Math.min(...most.slice(SAMPLES / 2)) < LEAST, shown)
  })
})
