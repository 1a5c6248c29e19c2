import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WatchResponse } from '../../src/actors/chainfire.ts'
import { WatchResume } from '../../src/actors/watch-resume.ts'
import { bytes, watchFrom } from '../support/requests.ts'

const response = (more: Partial<WatchResponse>): WatchResponse => ({
  header: { revision: 10, term: 1 },
  watchId: 0,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: '',
  fragment: false,
  events: [],
  ...more,
})

const event = (modRevision: number) =>
  ({
    type: 'put',
    kv: {
      key: bytes('k'),
      value: bytes('v'),
      createRevision: 1,
      modRevision,
      version: 1,
      lease: 0n,
    },
    previousRevision: 0,
    prevKv: undefined,
  }) as const

const starts = (resume: WatchResume) =>
  resume.again().map(({ watchId, startRevision }) => [watchId, startRevision])

test('a watcher goes on behind its last event, a new one behind its creation', () => {
  const resume = new WatchResume()
  resume.asked(watchFrom('k', 0))
  assert.ok(resume.heard(response({ created: true, watchId: 3 })))
  assert.deepEqual(starts(resume), [[3, 11]])
  assert.ok(!resume.heard(response({ created: true, watchId: 3 })), 'the client knows that')
  assert.ok(resume.heard(response({ watchId: 3, events: [event(12), event(14)] })))
  assert.deepEqual(starts(resume), [[3, 15]])
})

test('a response cut in fragments counts with its last one', () => {
  const resume = new WatchResume()
  resume.asked(watchFrom('k', 5))
  resume.heard(response({ created: true, watchId: 0 }))
  resume.heard(response({ fragment: true, events: [event(7)] }))
  assert.deepEqual(starts(resume), [[0, 5]])
  resume.heard(response({ created: true }))
  resume.heard(response({ events: [event(7)] }))
  assert.deepEqual(starts(resume), [[0, 8]])
})

test('creates and cancels without an answer are said again, answered ones are not', () => {
  const resume = new WatchResume()
  resume.asked(watchFrom('a', 0))
  resume.heard(response({ created: true, watchId: 0 }))
  resume.asked(watchFrom('b', 4))
  resume.cancelAsked(0)
  assert.deepEqual(starts(resume), [
    [0, 11],
    [0, 4],
  ])
  assert.deepEqual(resume.cancels(), [0])
  resume.heard(response({ created: true, watchId: 0 }))
  assert.ok(resume.heard(response({ created: true, watchId: 1 })))
  resume.heard(response({ canceled: true, watchId: 0 }))
  assert.deepEqual(starts(resume), [[1, 4]])
  assert.deepEqual(resume.cancels(), [])
})
