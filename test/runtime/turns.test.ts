/** Turns: what a shard handles when, and what leaves it when. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskOutcome, Context, Input } from '../../src/runtime/actor.ts'
import { SHARD_LIMITS } from '../../src/runtime/limits.ts'
import { SlowStore } from './support/slow-store.ts'
import { type Count, type Note, noteOf, order, vote } from './support/toy-messages.ts'
import { at, put, scripted, text, toyWorld, wordOf } from './support/toys.ts'

const said = (input: Input): string =>
  input.type === 'message'
    ? ((input.message as Note).text ?? String((input.message as Count).n))
    : input.type

test('R-1 an actor starts and handles one message at a time, never within another', () => {
  const seen: string[] = []
  let inside = 0
  const echo = scripted('echo', (input: Input, context: Context) => {
    assert.equal(inside++, 0)
    seen.push(said(input))
    // To itself: handled after this one, not within it.
    if (said(input) === 'first') context.send(at('echo'), noteOf('second'))
    inside--
  })
  const { world, node } = toyWorld([echo])
  node
    .outside(0)
    .open(() => {})
    .send(at('echo'), noteOf('first'))
  world.settle()
  assert.deepEqual(seen, ['start', 'first', 'second'])
})

test('R-2 one turn takes system letters before consensus before normal', () => {
  const seen: string[] = []
  const probe = scripted('probe', (input: Input) => void seen.push(said(input)))
  const { world, node } = toyWorld([probe])
  world.settle()
  const port = node.outside(0).open(() => {})
  port.send(at('probe'), noteOf('normal'))
  port.send(at('probe'), vote(1))
  port.send(at('probe'), order('system'))
  world.settle()
  assert.deepEqual(seen.slice(1), ['system', '1', 'normal'])
})

test('R-2 a flood of consensus letters does not starve the normal lane', () => {
  const seen: string[] = []
  const probe = scripted('probe', (input: Input) => void seen.push(said(input)))
  const { world, node } = toyWorld([probe])
  world.settle()
  const port = node.outside(0).open(() => {})
  for (let n = 0; n < 100; n++) port.send(at('probe'), vote(n))
  port.send(at('probe'), noteOf('normal'))
  world.settle()
  assert.equal(seen.indexOf('normal') - 1, SHARD_LIMITS.visitInputs - 1)
})

test('R-6 actors take turns: a full mailbox does not keep the next actor waiting', () => {
  const seen: string[] = []
  const greedy = scripted('greedy', (input: Input) => void seen.push(said(input)))
  const modest = scripted('modest', (input: Input) => void seen.push(said(input)))
  const { world, node } = toyWorld([greedy, modest])
  world.settle()
  const port = node.outside(0).open(() => {})
  for (let n = 0; n < 500; n++) port.send(at('greedy'), noteOf('greedy'))
  port.send(at('modest'), noteOf('modest'))
  world.settle()
  assert.equal(seen.indexOf('modest') - 2, SHARD_LIMITS.visitInputs)
})

test('R-6 an actor flooded with consensus letters does not keep one with normal letters waiting', () => {
  const seen: string[] = []
  const flooded = scripted('flooded', (_: Input, context: Context) => {
    seen.push('flooded')
    context.send(at('flooded'), vote(1))
  })
  const modest = scripted('modest', (input: Input) => void seen.push(said(input)))
  const { world, node } = toyWorld([flooded, modest])
  world.step()
  seen.length = 0
  node
    .outside(0)
    .open(() => {})
    .send(at('modest'), noteOf('modest'))
  world.step()
  const waited = seen.indexOf('modest')
  assert.ok(waited >= 0 && waited <= 5 * SHARD_LIMITS.visitInputs)
})

test('R-6 a turn ends after so many inputs even where time stands still', () => {
  let handled = 0
  const forever = scripted('forever', (_: Input, context: Context) => {
    handled++
    context.send(at('forever'), vote(1))
  })
  const { world } = toyWorld([forever])
  world.step()
  assert.equal(handled, SHARD_LIMITS.turnInputs)
  world.step()
  assert.equal(handled, 2 * SHARD_LIMITS.turnInputs)
})

test('R-6 a turn over its time ends, its time stands still, and a slow one is logged with its actor', () => {
  const times: number[] = []
  const lines: object[] = []
  const slow = scripted('slow', (_: Input, context: Context) => {
    times.push(context.nowMs)
    world.clock.advanceTo(world.clock.monotonicMs() + 3)
    if (times.length < 60) context.send(at('slow'), vote(1))
  })
  const quiet = (): void => {}
  const log = { debug: quiet, info: quiet, warn: (it: object) => lines.push(it), error: quiet }
  const { world } = toyWorld([slow], {}, undefined, { log })
  world.step()
  assert.equal(times.length, 4, 'the clock is looked at after every fourth input')
  assert.equal(new Set(times).size, 1)
  assert.equal(lines.length, 0)
  world.settle()
  const stall = scripted('stall', () => {
    other.world.clock.advanceTo(1000)
  })
  const other = toyWorld([stall], {}, undefined, { log })
  other.world.settle()
  assert.deepEqual(lines, [
    { shard: 0, actor: 'n1/stall/a', turnMs: 999, receiveMs: 999, inputs: 1 },
  ])
})

/** Tells an outsider something, by way of a write or not. */
const teller = scripted('teller', (input: Input, context: Context) => {
  if (input.type !== 'message') return
  const { text: word } = input.message as Note
  if (word.includes('write')) context.write([put(word, word)])
  if (word.includes('lazy')) context.writeLazily([put(word, word)])
  if (word.includes('now')) context.sendNow(input.from, input.message)
  else context.send(input.from, input.message)
})

function tellerWorld() {
  const store = new SlowStore()
  const { world, node } = toyWorld([teller], {}, store)
  world.settle()
  const heard: string[] = []
  const port = node.outside(0).open((message) => heard.push((message as Note).text))
  const say = (...words: string[]): void => {
    for (const word of words) port.send(at('teller'), noteOf(word))
    world.settle()
  }
  const land = (): void => {
    store.answer()
    world.settle()
  }
  return { say, land, heard, store }
}

test('R-7 what leaves the shard is held until its batch has landed', () => {
  const { say, land, heard } = tellerWorld()
  say('write 1')
  assert.deepEqual(heard, [])
  land()
  assert.deepEqual(heard, ['write 1'])
})

test('R-7 everything of a turn is held by its batch, also what another actor of it wrote', () => {
  const { say, land, heard } = tellerWorld()
  say('write', 'plain')
  assert.deepEqual(heard, [])
  land()
  assert.deepEqual(heard, ['write', 'plain'])
})

test('R-7 a later turn waits for every batch before it, and order is kept', () => {
  const { say, land, heard } = tellerWorld()
  say('write 1')
  say('plain 2')
  say('write 3')
  assert.deepEqual(heard, [])
  land()
  assert.deepEqual(heard, ['write 1', 'plain 2'])
  land()
  assert.deepEqual(heard, ['write 1', 'plain 2', 'write 3'])
})

test('R-7 what is sent now overtakes what is held', () => {
  const { say, land, heard } = tellerWorld()
  say('write 1', 'write now')
  assert.deepEqual(heard, ['write now'])
  land()
  assert.deepEqual(heard, ['write now', 'write 1'])
})

test('R-7 a turn that wrote nothing waits for nothing', () => {
  const { say, heard, store } = tellerWorld()
  say('plain')
  assert.deepEqual(heard, ['plain'])
  assert.equal(store.commits.length, 0)
})

test('R-9 a lazy write holds nothing and forces no batch', () => {
  const { say, land, heard, store } = tellerWorld()
  say('lazy')
  assert.deepEqual(heard, ['lazy'])
  assert.equal(store.commits.length, 0)
  say('write')
  assert.equal(store.commits.length, 1)
  land()
  assert.equal(wordOf(store.get(text('lazy'))), 'lazy')
})

test('R-25 all has landed once lazy writes have, which then need nobody to go with', () => {
  const seen: string[] = []
  const store = new SlowStore()
  const writer = scripted('writer', (input: Input, context: Context) => {
    if (input.type === 'landed') seen.push(`${input.tag} ${wordOf(store.get(text('late')))}`)
    if (said(input) === 'early') context.writeLazily([put('early', 'there')])
    if (said(input) === 'late') context.writeLazily([put('late', 'there')])
    if (said(input) === 'hand over') context.write([put('soon', 'there')])
    if (said(input) === 'hand over') context.whenAllLanded('all')
    if (said(input) === 'nothing to wait for') context.whenAllLanded('none')
  })
  const { world, node } = toyWorld([writer], { limits: { batchBytes: 40 } }, store)
  const port = node.outside(0).open(() => {})
  for (const word of ['early', 'late', 'hand over']) port.send(at('writer'), noteOf(word))
  world.settle()
  store.answer()
  world.settle()
  assert.deepEqual(seen, [], 'a batch has landed, but not the last of the lazy writes')
  store.answer()
  world.settle()
  assert.deepEqual(seen, ['all there'])
  port.send(at('writer'), noteOf('nothing to wait for'))
  world.settle()
  assert.deepEqual(seen, ['all there', 'none there'])
})

test('R-8 what two receives wrote may go in two batches, what one wrote may not', () => {
  const store = new SlowStore()
  const writer = scripted('writer', (input: Input, context: Context) => {
    if (input.type !== 'message') return
    context.write([put(`${said(input)}1`, 'x'.repeat(400))])
    context.write([put(`${said(input)}2`, 'x'.repeat(400))])
  })
  const { world, node } = toyWorld([writer], { limits: { batchBytes: 1000 } }, store)
  const port = node.outside(0).open(() => {})
  for (const word of ['a', 'b']) port.send(at('writer'), noteOf(word))
  world.settle()
  store.answer()
  world.settle()
  const keys = store.commits.map((ops) => ops.slice(0, -1).map(({ key }) => wordOf(key)))
  assert.deepEqual(keys, [
    ['a1', 'a2'],
    ['b1', 'b2'],
  ])
})

test('R-17 a timer that came due and was cancelled before its turn does not arrive', () => {
  const seen: string[] = []
  const probe = scripted('probe', (input: Input, context: Context) => {
    seen.push(said(input))
    if (input.type === 'start') context.setTimer('t', 10)
    if (input.type === 'message') context.cancelTimer('t')
  })
  const { world, node } = toyWorld([probe])
  world.settle()
  node
    .outside(0)
    .open(() => {})
    .send(at('probe'), order('cancel'))
  world.clock.advanceTo(world.clock.monotonicMs() + 10)
  world.settle()
  assert.deepEqual(seen, ['start', 'cancel'])
})

test('R-7 messages within the shard are not held', () => {
  const seen: string[] = []
  const first = scripted('first', (input: Input, context: Context) => {
    if (input.type !== 'message') return
    context.write([put('k', 'v')])
    context.send(at('second'), noteOf('at once'))
  })
  const second = scripted('second', (input: Input) => void seen.push(said(input)))
  const { world, node } = toyWorld([first, second], {}, new SlowStore())
  node
    .outside(0)
    .open(() => {})
    .send(at('first'), noteOf('go'))
  world.settle()
  assert.deepEqual(seen, ['start', 'at once'])
})

test('R-5 landed comes once the turn is on disk, at once if there is nothing to wait for', () => {
  const seen: string[] = []
  const writer = scripted('writer', (input: Input, context: Context) => {
    if (input.type === 'landed') seen.push(input.tag)
    if (input.type !== 'message') return
    if (said(input) === 'write') context.write([put('k', 'v')])
    context.whenLanded(said(input))
  })
  const store = new SlowStore()
  const { world, node } = toyWorld([writer], {}, store)
  const port = node.outside(0).open(() => {})
  port.send(at('writer'), noteOf('empty'))
  world.settle()
  assert.deepEqual(seen, ['empty'])
  port.send(at('writer'), noteOf('write'))
  world.settle()
  assert.deepEqual(seen, ['empty'])
  store.answer()
  world.settle()
  assert.deepEqual(seen, ['empty', 'write'])
})

test('R-10 an actor reads what it wrote, in the same receive and later, landed or not', () => {
  const seen: (string | undefined)[] = []
  const reader = scripted('reader', (input: Input, context: Context) => {
    if (input.type === 'fetched') seen.push(...input.values.map(wordOf))
    if (input.type === 'scanned') seen.push(...input.rows.map(([, value]) => wordOf(value)))
    if (input.type !== 'message') return
    if (said(input) === 'write') {
      context.write([put('k1', 'one')])
      context.writeLazily([put('k2', 'two')])
      context.write([{ type: 'delete', key: text('k1') }, put('k3', 'three')])
    }
    for (const key of ['k1', 'k2', 'k3']) seen.push(wordOf(context.read(text(key))))
    context.fetch([text('k3'), text('k1')], 'f')
    context.scan({ from: text('k'), to: text('l') }, { rows: 10, bytes: 1000 }, 's')
  })
  const store = new SlowStore()
  const { world, node } = toyWorld([reader], {}, store)
  const port = node.outside(0).open(() => {})
  const expected = [undefined, 'two', 'three', 'three', undefined, 'two', 'three']
  for (const word of ['write', 'again']) {
    port.send(at('reader'), noteOf(word))
    do world.settle()
    while (store.answer())
    assert.deepEqual(seen, expected)
    seen.length = 0
  }
})

test('R-11 an error of the disk ends the node with one line', async () => {
  const store = new SlowStore()
  store.commit = (_ops, done) => done(new Error('no space'))
  const { world, node } = toyWorld([teller], {}, store)
  const answers: AskOutcome[] = []
  node.outside(0).askThen(at('teller'), noteOf('write'), 1000, (it) => answers.push(it))
  world.settle()
  assert.equal(node.fatalReason, 'batch 1 of shard 0: no space')
  assert.ok(node.ended)
  assert.deepEqual(answers, [])
})

test('R-8 a shard whose ring has a gap does not start', () => {
  const { say, land, store } = tellerWorld()
  for (let i = 0; i < 5; i++) {
    say('write')
    land()
  }
  store.commit([{ type: 'delete', key: new Uint8Array([0x62, 0, 0, 0, 4]) }], () => {})
  store.answer()
  assert.throws(() => toyWorld([teller], {}, store), {
    name: 'NodeEnded',
    message: 'shard 0 lost writes: batch 4 is not on disk, but batch 5 is; start with --rejoin',
  })
})
