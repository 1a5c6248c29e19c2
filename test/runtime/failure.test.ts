/** What a throw costs, when the next life begins, and when there is none. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskOutcome, Context, Input } from '../../src/runtime/actor.ts'
import { SlowStore } from './support/slow-store.ts'
import { add, type Count, type Note, noteOf, order, total, vote } from './support/toy-messages.ts'
import {
  at,
  COUNTER,
  child,
  put,
  type Script,
  scripted,
  scriptedLives,
  text,
  toyWorld,
  wordOf,
} from './support/toys.ts'

const said = (input: Input): string =>
  input.type === 'message' ? ((input.message as Note).text ?? input.message.kind) : input.type

/** Does all that an actor can, and throws when told to. */
function busy(seen: string[]): Script {
  return (input: Input, context: Context) => {
    seen.push(`${said(input)}@${context.life % 1000}`)
    if (input.type === 'start') return
    context.write([put('urgent', said(input))])
    context.writeLazily([put('lazy', said(input))])
    context.send(at('watcher'), noteOf(`sent ${said(input)}`))
    context.setTimer('t', 5)
    context.ask(at('watcher'), noteOf(`asked ${said(input)}`), { tag: 'a', timeoutMs: 100 })
    if (input.type === 'message' && input.question) context.answer(input.question, total(1))
    if (said(input) === 'bad') throw new Error('it was told to')
  }
}

test('R-12 a throw discards what that receive did, and nothing earlier', async () => {
  const seen: string[] = []
  const heard: string[] = []
  const watcher = scripted('watcher', (input: Input) => void heard.push(said(input)))
  const { world, node, store } = toyWorld([watcher, scripted('busy', busy(seen))])
  await world.settled()
  const answers: AskOutcome[] = []
  for (const word of ['good', 'bad']) {
    node.outside(0).askThen(at('busy'), noteOf(word), 1000, (it) => answers.push(it))
  }
  await world.settled()
  assert.equal(wordOf(store.get(text('urgent'))), 'good')
  assert.deepEqual(heard, ['start', 'sent good', 'asked good'])
  assert.deepEqual(answers.map((it) => (it.ok ? it.message.kind : it.reason)).sort(), [
    'failed',
    'total',
  ])
  assert.equal(node.shard(0).inspect().deadLetters.counts.threw, 1)
})

test('R-13 the next life waits for its delay, then begins anew with what waited', async () => {
  const seen: string[] = []
  const watcher = scripted('watcher', () => {})
  const { world, node } = toyWorld([watcher, scripted('busy', busy(seen))])
  await world.settled()
  const port = node.outside(0).open(() => {})
  port.send(at('busy'), order('bad'))
  port.send(at('busy'), order('waited'))
  await world.settled()
  assert.deepEqual(
    seen.map((it) => it.split('@')[0]),
    ['start', 'bad'],
  )
  await world.advance(9)
  assert.equal(seen.length, 2)
  await world.advance(1)
  assert.deepEqual(
    seen.map((it) => it.split('@')[0]),
    ['start', 'bad', 'start', 'waited'],
  )
})

test('R-13 the next life begins only when every write of the one before has landed, lazy ones too', async () => {
  const seen: string[] = []
  const store = new SlowStore()
  const writer = scripted('writer', (input: Input, context: Context) => {
    seen.push(said(input))
    if (said(input) === 'urgent') context.write([put('k', '1')])
    if (said(input) === 'lazy') context.writeLazily([put('l', '1')])
    if (said(input) === 'bad') throw new Error('bad')
  })
  const { world, node } = toyWorld([writer], {}, store)
  world.settle()
  const port = node.outside(0).open(() => {})
  for (const word of ['lazy', 'bad']) port.send(at('writer'), noteOf(word))
  world.settle()
  world.clock.advanceTo(world.clock.monotonicMs() + 1000)
  node.wakeDue()
  world.settle()
  assert.equal(store.commits.length, 1, 'the lazy write was made to go')
  assert.deepEqual(seen, ['start', 'lazy', 'bad'])
  store.answer()
  world.settle()
  assert.deepEqual(seen, ['start', 'lazy', 'bad', 'start'])
  for (const word of ['urgent', 'bad']) port.send(at('writer'), noteOf(word))
  world.settle()
  world.clock.advanceTo(world.clock.monotonicMs() + 1000)
  node.wakeDue()
  world.settle()
  assert.equal(seen.length, 6)
  store.answer()
  world.settle()
  assert.equal(seen.length, 7)
})

test('R-13 those it takes along begin with it, in the order of the tree, without what it had sent them', async () => {
  const seen: string[] = []
  const notes = (kind: string) =>
    scripted(kind, (input: Input, context: Context) => {
      seen.push(`${kind} ${said(input)}`)
      if (kind !== 'leader' || input.type !== 'message') return
      context.send(at('hub'), noteOf('from the old life'))
      context.send(at('leader'), vote(1))
      if (input.message.kind === 'vote') throw new Error('bad')
    })
  const { world, node } = toyWorld([notes('hub'), notes('leader'), notes('bystander')], {
    children: [child('hub'), child('leader', { takesAlong: ['hub'] }), child('bystander')],
  })
  await world.settled()
  seen.length = 0
  const port = node.outside(0).open(() => {})
  port.send(at('leader'), noteOf('go'))
  port.send(at('hub'), noteOf('from outside'))
  await world.settled()
  assert.deepEqual(seen, ['leader go', 'leader vote'])
  await world.advance(10)
  assert.deepEqual(seen.slice(2), ['hub start', 'hub from outside', 'leader start'])
  assert.equal(node.shard(0).inspect().deadLetters.counts['older-life'], 1)
})

test('R-14 an actor that keeps throwing is stopped, shown as failed, and those it belongs to are told', async () => {
  const told: string[] = []
  const leader = scripted('leader', (input: Input) => {
    if (input.type === 'failed') told.push(input.kind)
  })
  const hub = scripted('hub', (input: Input) => {
    if (input.type === 'message') throw new Error('always')
  })
  const { world, node } = toyWorld([hub, leader], {
    children: [child('hub'), child('leader', { takesAlong: ['hub'] })],
  })
  await world.settled()
  const outcomes: AskOutcome[] = []
  for (let i = 0; i < 6; i++) {
    node.outside(0).askThen(at('hub'), noteOf(`${i}`), 60_000, (it) => outcomes.push(it))
  }
  await world.advance(1000)
  const hubState = node
    .shard(0)
    .inspect()
    .actors.find((it) => it.kind === 'hub')
  assert.equal(hubState?.state, 'failed')
  assert.equal(hubState?.failure, 'always')
  assert.deepEqual(told, ['hub'])
  assert.deepEqual(
    outcomes,
    Array.from({ length: 6 }, () => ({ ok: false, reason: 'failed' })),
  )
  assert.deepEqual(node.events.at(-1), {
    type: 'failed',
    at: at('hub'),
    life: hubState?.life,
    reason: 'always',
  })
})

test('R-15 lives only grow, and another run of the shard begins elsewhere', async () => {
  const lives: number[] = []
  const mortal = scripted('mortal', (input: Input, context: Context) => {
    lives.push(context.life)
    if (input.type === 'message') throw new Error('bad')
  })
  const { world, node } = toyWorld([mortal])
  await world.settled()
  node
    .outside(0)
    .open(() => {})
    .send(at('mortal'), noteOf('x'))
  await world.advance(100)
  node.crashShard(0)
  await world.settled()
  const [first = 0, , second = 0, third = 0] = lives
  assert.equal(second, first + 1)
  assert.ok(Math.abs(third - first) >= 2 ** 20)
  assert.ok(lives.every(Number.isSafeInteger))
})

test('R-15 timers, reads and answers of an older life are dropped', async () => {
  const seen: string[] = []
  const store = new SlowStore()
  const mortal = scripted('mortal', (input: Input, context: Context) => {
    seen.push(input.type)
    if (input.type !== 'message') return
    if (said(input) === 'bad') throw new Error('bad')
    context.setTimer('t', 5)
    context.fetch([text('k')], 'f')
    context.ask(at('slow'), noteOf('question'), { tag: 'q', timeoutMs: 1000 })
  })
  const slow = scriptedLives('slow', () => {
    let waiting: (Input & { type: 'message' }) | undefined
    return (input: Input, context: Context) => {
      if (input.type === 'message') {
        waiting = input
        context.setTimer('answer', 50)
      } else if (input.type === 'timer' && waiting?.question) {
        context.answer(waiting.question, total(1))
      }
    }
  })
  const { world, node } = toyWorld([mortal, slow], {}, store)
  const port = node.outside(0).open(() => {})
  for (const word of ['requests', 'bad']) port.send(at('mortal'), noteOf(word))
  await world.advance(20)
  assert.deepEqual(seen, ['start', 'message', 'message', 'start'])
  // The read of the old life ends in the new one's time.
  store.answer()
  await world.advance(200)
  assert.deepEqual(seen, ['start', 'message', 'message', 'start'])
  assert.equal(node.shard(0).inspect().deadLetters.counts['stale-answer'], 1)
})

test('R-12 a fault injected by name throws after the receive has run', async () => {
  const { world, node } = toyWorld([COUNTER])
  await world.settled()
  assert.equal(node.shard(0).throwNext('counter', 'nobody'), false)
  assert.equal(node.shard(0).throwNext('counter', 'a'), true)
  const totals: (number | string)[] = []
  for (const n of [5, 1]) {
    node.outside(0).askThen(at('counter'), add(n), 1000, (it) => {
      totals.push(it.ok ? (it.message as Count).n : it.reason)
    })
    await world.advance(20)
  }
  assert.deepEqual(totals, ['failed', 1])
})
