/** What has landed, when batches land late and the log was changed meanwhile. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY } from '../../../src/base/bytes.ts'
import { Durability } from '../../../src/core/raft/durability.ts'
import { RaftLog } from '../../../src/core/raft/log.ts'

const state = (term: number, commit = 0) => ({ term, vote: undefined, commit })

function withEntries(count: number, term: number) {
  const log = new RaftLog(0, 0)
  const durability = new Durability(0, state(0))
  const append = (ofTerm: number) =>
    log.append({ index: log.lastIndex + 1, term: ofTerm, kind: 'data', data: EMPTY })
  for (let i = 0; i < count; i++) append(term)
  return { log, durability, append }
}

test('a batch on its way proves nothing about entries that took the place of its own', () => {
  const { log, durability, append } = withEntries(3, 1)
  const first = durability.hand(log, state(1))
  log.truncateFrom(2)
  durability.truncatedFrom(2)
  append(2)
  append(2)
  const second = durability.hand(log, state(2))
  assert.deepEqual(second?.truncate, { from: 2, to: 3 })
  assert.deepEqual(
    second?.entries.map((entry) => entry.index),
    [2, 3],
  )
  durability.landed(first?.batch as number)
  assert.equal(durability.persisted, 1)
  durability.landed(second?.batch as number)
  assert.equal(durability.persisted, 3)
})

test('what was cut before it was ever handed out is not deleted from disk', () => {
  const { log, durability, append } = withEntries(2, 1)
  log.truncateFrom(2)
  durability.truncatedFrom(2)
  append(2)
  assert.equal(durability.hand(log, state(2))?.truncate, undefined)
})

test('a commit index alone is not worth a batch, but rides in the next one', () => {
  const { log, durability, append } = withEntries(1, 1)
  durability.hand(log, state(1))
  assert.equal(durability.hand(log, state(1, 1)), undefined)
  append(1)
  assert.deepEqual(durability.hand(log, state(1, 1))?.hardState, state(1, 1))
})
