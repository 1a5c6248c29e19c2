/** A shard's turns, seen from outside: what actors get, in which order, and what a throw undoes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, type Count, noteOf } from './support/toy-messages.ts'
import { at, COUNTER, scripted, toyWorld } from './support/toys.ts'

test('R-1 an actor starts and handles one message at a time', async () => {
  const seen: string[] = []
  const probe = scripted('probe', (input) => {
    seen.push(input.type)
  })
  const { world, node } = toyWorld([probe])
  node
    .outside(0)
    .open(() => {})
    .send(at('probe'), noteOf('x'))
  await world.settled()
  assert.deepEqual(seen, ['start', 'message'])
})

test('R-1 counter', async () => {
  const { world, node } = toyWorld([COUNTER])
  const answer = node.outside(0).ask(at('counter'), add(3), 1000)
  await world.settled()
  const outcome = await answer
  assert.equal(outcome.ok && (outcome.message as Count).n, 3)
})
