/** The life of a shard: starts, stops, what can be seen of it, and that it repeats itself. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context, Input } from '../../src/runtime/actor.ts'
import type { LocalMode } from '../../src/runtime/inbound.ts'
import { InlineWorld } from '../../src/runtime/inline/inline-world.ts'
import { deepest } from '../../src/runtime/inspect.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { SlowStore } from './support/slow-store.ts'
import { add, type Note, noteOf, total, vote } from './support/toy-messages.ts'
import {
  at,
  COUNTER,
  child,
  N1,
  program,
  put,
  scripted,
  text,
  toyWorld,
  wordOf,
} from './support/toys.ts'

test('R-21 actors start in the order of the tree and stop in reverse', async () => {
  const started: string[] = []
  const kind = (name: string) =>
    scripted(name, (input: Input) => {
      if (input.type === 'start') started.push(name)
    })
  const { world, node } = toyWorld([kind('c'), kind('a'), kind('b')])
  await world.settled()
  await node.stop()
  assert.deepEqual(started, ['c', 'a', 'b'])
  assert.deepEqual(
    node.events.map((it) => `${it.type} ${it.at.kind}`),
    ['started c', 'started a', 'started b', 'stopped b', 'stopped a', 'stopped c'],
  )
})

test('R-21 a clean stop handles what is queued and writes everything, lazy writes too', async () => {
  const writer = scripted('writer', (input: Input, context: Context) => {
    if (input.type === 'message') context.writeLazily([put('k', (input.message as Note).text)])
  })
  const { world, node, store } = toyWorld([writer])
  await world.settled()
  const port = node.outside(0).open(() => {})
  for (const word of ['1', '2', '3']) port.send(at('writer'), noteOf(word))
  const stopped = node.stop()
  port.send(at('writer'), noteOf('too late'))
  const refused = await node.outside(0).ask(at('writer'), noteOf('late too'), 1000)
  await stopped
  assert.equal(wordOf(store.get(text('k'))), '3')
  assert.deepEqual(refused, { ok: false, reason: 'unreachable' })
  assert.ok(node.ended)
})

test('R-21 what a stop still holds leaves before it ends', async () => {
  const store = new SlowStore()
  const { world, node } = toyWorld([COUNTER], {}, store)
  world.settle()
  const heard: boolean[] = []
  node.outside(0).askThen(at('counter'), add(1), 1000, (it) => heard.push(it.ok))
  let drained = false
  node.shard(0).drain(() => {
    drained = true
  })
  world.settle()
  assert.equal(drained, false)
  store.answer()
  world.settle()
  assert.ok(drained)
  assert.deepEqual(heard, [true])
})

test('R-21 an actor that is started while it stops begins again, once its writes are on disk', async () => {
  const seen: string[] = []
  const parent = scripted('parent', (input: Input, context: Context) => {
    if (input.type === 'start') context.start('kid', 'k')
    if (input.type !== 'message') return
    context.send(at('kid', 'k'), noteOf('last words'))
    context.stop('kid', 'k')
    context.start('kid', 'k')
  })
  const kid = scripted('kid', (input: Input, context: Context) => {
    if (input.type === 'start') seen.push(`start ${wordOf(context.read(text('k')))}`)
    if (input.type === 'message') context.writeLazily([put('k', (input.message as Note).text)])
  })
  const children = [child('parent', { keys: ['p'] }), child('kid', { keys: [] })]
  const { world, node } = toyWorld([parent, kid], { children })
  await world.settled()
  node
    .outside(0)
    .open(() => {})
    .send(at('parent', 'p'), noteOf('anew'))
  await world.advance(100)
  assert.deepEqual(seen, ['start undefined', 'start last words'])
})

test('R-21 actors start and stop others of their shard; a stopping one handles what it has', async () => {
  const seen: string[] = []
  const parent = scripted('parent', (input: Input, context: Context) => {
    if (input.type !== 'message') return
    const { text: word } = input.message as Note
    if (word === 'start') context.start('kid', 'k')
    if (word === 'stop') {
      context.send(at('kid', 'k'), noteOf('last words'))
      context.stop('kid', 'k')
      context.send(at('kid', 'k'), noteOf('too late'))
    }
  })
  const kid = scripted('kid', (input: Input) => {
    seen.push(input.type === 'message' ? (input.message as Note).text : input.type)
  })
  const { world, node } = toyWorld([parent, kid], {
    children: [child('parent'), child('kid', { keys: [] })],
  })
  const port = node.outside(0).open(() => {})
  for (const word of ['start', 'start', 'stop', 'start']) {
    port.send(at('parent'), noteOf(word))
    await world.settled()
  }
  assert.deepEqual(seen, ['start', 'last words', 'start'])
  assert.equal(node.shard(0).inspect().deadLetters.counts.stopped, 1)
})

test('R-17 timers of one time arrive in the order in which they were set, each once', async () => {
  const seen: string[] = []
  const clock = scripted('clock', (input: Input, context: Context) => {
    if (input.type === 'timer') seen.push(`${input.name}@${context.nowMs - start}`)
    if (input.type !== 'start') return
    for (const name of ['b', 'a', 'gone', 'c']) context.setTimer(name, 10)
    context.setTimer('c', 20)
    context.cancelTimer('gone')
  })
  const { world } = toyWorld([clock])
  const start = world.clock.monotonicMs()
  await world.advance(100)
  assert.deepEqual(seen, ['b@10', 'a@10', 'c@20'])
})

/** A little storm of random messages, timers and throws; gives all that anybody saw. */
async function storm(local: LocalMode): Promise<string[]> {
  const seen: string[] = []
  const leaf = (kind: string, other: string) =>
    scripted(kind, (input: Input, context: Context) => {
      seen.push(`${context.nowMs} ${kind} ${input.type}`)
      if (input.type === 'start') context.setTimer('t', context.random(20))
      if (input.type === 'answer') return
      context.write([put(kind, `${context.random(100)}`)])
      if (context.random(10) === 0) throw new Error('now and then')
      if (input.type === 'message' && input.question) context.answer(input.question, total(1))
      if (input.type === 'timer') {
        context.setTimer('t', 1 + context.random(20))
        context.send(at(other, 'b'), vote(context.random(5)))
        context.ask(at(other), noteOf('?'), { tag: 'q', timeoutMs: 50 })
      }
    })
  const world = new InlineWorld()
  const kinds = [leaf('x', 'y'), leaf('y', 'x')]
  const children = kinds.map(({ kind }) => child(kind, { keys: ['a', 'b', 'c'] }))
  world.add(N1, 2, new MemoryStore(), program(kinds, { local, children }))
  await world.advance(500)
  return seen
}

test('R-23 the same host gives the same run, also through the codec', async () => {
  const first = await storm('plain')
  assert.ok(first.length > 200)
  assert.deepEqual(await storm('plain'), first)
  assert.deepEqual(await storm('encode'), first)
  assert.deepEqual(await storm('freeze'), first)
})

test('R-23 frozen messages catch whoever changes what it was sent; encoded ones are copies', async () => {
  const seen: string[] = []
  const vandal = scripted('vandal', (input: Input) => {
    if (input.type !== 'message') return
    const message = input.message as { text: string } & Note
    ;(message as { text: string }).text = 'changed'
    seen.push(message.text)
  })
  const sent = noteOf('as sent')
  for (const local of ['freeze', 'encode'] as const) {
    const { world, node } = toyWorld([vandal], { local })
    node
      .outside(0)
      .open(() => {})
      .send(at('vandal'), sent)
    await world.settled()
  }
  assert.deepEqual(seen, ['changed'])
  assert.equal(sent.text, 'as sent')
})

test('R-24 what actors did and what waits for them can be seen', async () => {
  const { world, node } = toyWorld([COUNTER], {
    children: [child('counter', { keys: ['a', 'b'] })],
  })
  await world.settled()
  const port = node.outside(0).open(() => {})
  for (let i = 0; i < 5; i++) port.send(at('counter', 'b'), add(2))
  port.send(at('counter', 'a'), add(1))
  assert.deepEqual(
    deepest(node.shard(0).inspect(), 1).map(({ key, depth }) => ({ key, depth })),
    [{ key: 'b', depth: 5 }],
  )
  await world.settled()
  const picture = node.shard(0).inspect()
  const b = picture.actors.find((it) => it.key === 'b')
  assert.deepEqual(
    { ...b, life: 0 },
    {
      kind: 'counter',
      key: 'b',
      state: 'running',
      life: 0,
      restarts: 0,
      failure: '',
      inputs: 6,
      busyUs: 0,
      longestUs: 0,
      depth: 0,
      highWater: 5,
      detail: { total: 10 },
    },
  )
  assert.deepEqual(structuredClone(picture), picture)
  assert.ok(picture.batch > 0)
})
