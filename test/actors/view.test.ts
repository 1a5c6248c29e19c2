/** Transactions that only read, and compactions that wait for the scrub, through a group's actors. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Outcome } from '../../src/actors/chainfire.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { RequestOp, TxnRequest } from '../../src/core/kv/types.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { put, range, text } from '../support/requests.ts'

function done<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, inspect(outcome))
  return outcome.value
}

const reading = (serializable: boolean, ...keys: readonly string[]): TxnRequest => ({
  compare: [],
  success: keys.map((key): RequestOp => ({ op: 'range', request: range(key, { serializable }) })),
  failure: [],
})

const values = async (cluster: InlineCluster, at: NodeName, request: TxnRequest) => {
  const response = done(await cluster.answer(cluster.face(at).view(request)))
  return response.responses.map((each) => {
    assert.ok(each.op === 'range')
    return each.response.kvs.map((kv) => text(kv.value)).join()
  })
}

test('X11 every node answers a view as of now, and the log does not grow', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  done(await cluster.answer(cluster.face(leader).write(put('a', '1'))))
  for (let i = 0; i < 5; i++) {
    done(await cluster.answer(cluster.face(leader).write(put('b', `${i}`))))
    const { lastIndex } = await cluster.status(leader)
    for (const name of cluster.names) {
      assert.deepEqual(await values(cluster, name, reading(false, 'a', 'b', 'c')), [
        '1',
        `${i}`,
        '',
      ])
    }
    assert.equal((await cluster.status(leader)).lastIndex, lastIndex)
  }
})

test('X11 without a majority only a view of serializable ranges is answered', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  done(await cluster.answer(cluster.face(leader).write(put('a', '1'))))
  for (const name of cluster.names) if (name !== leader) cluster.crash(name)
  const lost = await cluster.answer(cluster.face(leader).view(reading(false, 'a')))
  assert.ok(!lost.ok && 'unavailable' in lost, inspect(lost))
  assert.deepEqual(await values(cluster, leader, reading(true, 'a')), ['1'])
})

test('K16 who waits for the scrub is answered when the superseded rows are gone', async () => {
  const limits = { scrubRows: 10, scrubPauseMs: 50 }
  const cluster = new InlineCluster({ nodes: 1, limits })
  const leader = await cluster.leader()
  const face = cluster.face(leader)
  for (let i = 0; i < 60; i++) done(await cluster.answer(face.write(put('a', `${i}`))))
  const { revision } = await cluster.status(leader)
  done(await cluster.answer(face.write({ op: 'compact', revision })))
  const { kv } = cluster.group(leader)
  assert.ok(kv.scrubbedRevision < revision, 'the scrub takes its time')
  done(await cluster.answer(face.scrubbed(revision)))
  assert.equal(kv.scrubbedRevision, revision)
  done(await cluster.answer(face.scrubbed(revision)))
})
