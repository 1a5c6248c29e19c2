/** A mailbox alone: lanes, bounds, reserved places. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Input } from '../../src/runtime/actor.ts'
import { Mailbox } from '../../src/runtime/mailbox.ts'
import { weigh } from '../../src/runtime/weight.ts'
import { type Note, noteOf } from './support/toy-messages.ts'
import { at } from './support/toys.ts'

const LIMITS = {
  system: { messages: 2, bytes: 1000 },
  consensus: { messages: 2, bytes: 1000 },
  normal: { messages: 3, bytes: 100 },
}

const said = (word: string): Input => ({ type: 'message', message: noteOf(word), from: at('x') })
const words = (box: Mailbox): string[] => {
  const found: string[] = []
  for (let letter = box.take(false); letter; letter = box.take(false)) {
    const { input } = letter
    found.push(input.type === 'message' ? (input.message as Note).text : input.type)
  }
  return found
}

test('R-2 system comes before consensus before normal, each in order', () => {
  const box = new Mailbox(LIMITS)
  box.offer('normal', said('n1'), 1)
  box.offer('consensus', said('c1'), 1)
  box.offer('normal', said('n2'), 1)
  box.offer('system', said('s1'), 1)
  box.offer('consensus', said('c2'), 1)
  assert.deepEqual(words(box), ['s1', 'c1', 'c2', 'n1', 'n2'])
})

test('R-3 a lane full by count refuses and says which; the others still take', () => {
  const box = new Mailbox(LIMITS)
  assert.equal(box.offer('consensus', said('1'), 1), undefined)
  assert.equal(box.offer('consensus', said('2'), 1), undefined)
  assert.deepEqual(box.offer('consensus', said('3'), 1), {
    type: 'overloaded',
    lane: 'consensus',
    messages: 2,
    bytes: 2,
  })
  assert.equal(box.offer('normal', said('4'), 1), undefined)
  box.take(false)
  assert.equal(box.offer('consensus', said('5'), 1), undefined)
  assert.deepEqual(words(box), ['2', '5', '4'])
})

test('R-3 a lane full by weight refuses, but an empty one takes even what is heavier than it', () => {
  const box = new Mailbox(LIMITS)
  assert.equal(box.offer('normal', said('huge'), 5000), undefined)
  assert.equal(box.offer('normal', said('small'), 1)?.type, 'overloaded')
  box.take(false)
  assert.equal(box.offer('normal', said('60'), 60), undefined)
  assert.equal(box.offer('normal', said('41'), 41)?.bytes, 60)
  assert.equal(box.offer('normal', said('40'), 40), undefined)
})

test('R-5 what was reserved is taken by a full lane and counts against none', () => {
  const box = new Mailbox(LIMITS)
  box.offer('system', said('1'), 1)
  box.offer('system', said('2'), 1)
  for (let i = 0; i < 100; i++) box.reserve({ type: 'timer', name: `t${i}` })
  assert.equal(box.size, 102)
  box.take(false)
  assert.equal(box.offer('system', said('3'), 1), undefined)
})

test('R-1 the start of a life comes before all that waited', () => {
  const box = new Mailbox(LIMITS)
  box.offer('system', said('waited'), 1)
  box.reserveFirst({ type: 'start' })
  assert.deepEqual(words(box), ['start', 'waited'])
})

test('removing gives back what was refused room', () => {
  const box = new Mailbox(LIMITS)
  for (const word of ['1', '2', '3']) box.offer('normal', said(word), 30)
  const removed = box.remove(({ input }) => input.type !== 'message' || input.from.kind !== 'x')
  assert.equal(removed.length, 3)
  assert.equal(box.size, 0)
  assert.equal(box.offer('normal', said('4'), 90), undefined)
})

test('a message weighs about what it holds', () => {
  assert.ok(weigh(noteOf('')) > 0)
  const bytes = { kind: 'blob', bytes: new Uint8Array(1000) }
  assert.ok(weigh(bytes) >= 1000 && weigh(bytes) < 1200)
  const nested = { kind: 'list', entries: [bytes, bytes] }
  assert.ok(weigh(nested) >= 2000)
})
