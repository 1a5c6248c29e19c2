/** Messages between actors, shards, nodes and outsiders; questions; what finds no taker. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskOutcome, Context, Input } from '../../src/runtime/actor.ts'
import { hashKey, shardOfKey } from '../../src/runtime/address.ts'
import { InlineWorld } from '../../src/runtime/inline/inline-world.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { event, type Note, noteOf, TOY_CODEC, total, vote } from './support/toy-messages.ts'
import { at, child, N1, N2, program, put, scripted, toyWorld } from './support/toys.ts'

const said = (input: Input): string =>
  input.type === 'message' ? ((input.message as Note).text ?? input.message.kind) : input.type

/** Lanes of two messages: full at once. */
const NARROW = {
  lanes: {
    system: { messages: 2, bytes: 10_000 },
    consensus: { messages: 2, bytes: 10_000 },
    normal: { messages: 2, bytes: 10_000 },
  },
}

const answering = scripted('answering', (input: Input, context: Context) => {
  if (input.type === 'message' && input.question !== undefined) {
    context.answer(input.question, input.message)
  }
})

test('R-4 a refused question tells its asker at once, those taken are answered', async () => {
  const { world, node } = toyWorld([answering], { limits: NARROW })
  await world.settled()
  const outcomes: string[] = []
  for (let i = 0; i < 4; i++) {
    node.outside(0).askThen(at('answering'), noteOf(`${i}`), 1000, (it) => {
      outcomes.push(it.ok ? (it.message as Note).text : it.reason)
    })
  }
  assert.deepEqual(outcomes, ['overloaded', 'overloaded'])
  await world.settled()
  assert.deepEqual(outcomes, ['overloaded', 'overloaded', '0', '1'])
})

test('R-4 refused drop is silent; refused pull is told once, behind what is queued', async () => {
  const seen: string[] = []
  const probe = scripted('probe', (input: Input) => {
    seen.push(input.type === 'missed' ? `missed ${input.kind}` : said(input))
  })
  const { world, node } = toyWorld([probe], { limits: NARROW })
  await world.settled()
  const port = node.outside(0).open(() => {})
  for (let n = 0; n < 5; n++) port.send(at('probe'), vote(n))
  for (let n = 0; n < 5; n++) port.send(at('probe'), event(n))
  await world.settled()
  assert.deepEqual(seen, ['start', 'vote', 'vote', 'event', 'event', 'missed event'])
  for (let n = 0; n < 3; n++) port.send(at('probe'), event(n))
  await world.settled()
  assert.deepEqual(seen.slice(6), ['event', 'event', 'missed event'])
  assert.equal(node.shard(0).inspect().deadLetters.counts.overloaded, 7)
})

function asker(outcomes: AskOutcome[], to = at('other')) {
  return scripted('asker', (input: Input, context: Context) => {
    if (input.type === 'answer') outcomes.push(input.outcome)
    if (input.type === 'message') context.ask(to, input.message, { tag: 't', timeoutMs: 100 })
  })
}

test('R-16 a question gets its answer, and only the first', async () => {
  const outcomes: AskOutcome[] = []
  const twice = scripted('other', (input: Input, context: Context) => {
    if (input.type !== 'message' || input.question === undefined) return
    context.answer(input.question, total(1))
    context.answerNow(input.question, total(2))
  })
  const { world, node } = toyWorld([asker(outcomes), twice])
  node
    .outside(0)
    .open(() => {})
    .send(at('asker'), noteOf('?'))
  await world.advance(200)
  assert.deepEqual(outcomes, [{ ok: true, message: total(1), from: at('other') }])
  assert.equal(node.shard(0).inspect().deadLetters.counts['stale-answer'], 1)
})

test('R-16 a question nobody answers ends at its time, not before, and a late answer is dropped', async () => {
  const outcomes: AskOutcome[] = []
  const late = scripted('other', (input: Input, context: Context) => {
    if (input.type !== 'message' || input.question === undefined) return
    // Kept in the timer's name, as plain data may be.
    context.setTimer(JSON.stringify(input.question), 150)
  })
  const answersLate = {
    kind: 'other',
    create: () => {
      const inner = late.create(at('other'))
      return {
        receive(input: Input, context: Context) {
          if (input.type === 'timer') context.answer(JSON.parse(input.name), total(1))
          else inner.receive(input, context)
        },
      }
    },
  }
  const { world, node } = toyWorld([asker(outcomes), answersLate])
  node
    .outside(0)
    .open(() => {})
    .send(at('asker'), noteOf('?'))
  await world.advance(99)
  assert.deepEqual(outcomes, [])
  await world.advance(1)
  assert.deepEqual(outcomes, [{ ok: false, reason: 'timeout' }])
  await world.advance(100)
  assert.equal(outcomes.length, 1)
  assert.equal(node.shard(0).inspect().deadLetters.counts['stale-answer'], 1)
})

test('R-16 what was certainly not received says so', async () => {
  const nowhere: AskOutcome[] = []
  const { world, node } = toyWorld([asker(nowhere, at('asker', 'nobody'))])
  node
    .outside(0)
    .open(() => {})
    .send(at('asker'), noteOf('?'))
  await world.settled()
  assert.deepEqual(nowhere, [{ ok: false, reason: 'unreachable' }])
  const away: AskOutcome[] = []
  const other = toyWorld([asker(away, at('asker', 'a', N2))])
  other.node
    .outside(0)
    .open(() => {})
    .send(at('asker'), noteOf('?'))
  await other.world.settled()
  assert.deepEqual(away, [{ ok: false, reason: 'unreachable' }])
})

test('R-16 an actor with too many open questions is told so at once', async () => {
  const outcomes: AskOutcome[] = []
  const silent = scripted('other', () => {})
  const { world, node } = toyWorld([asker(outcomes), silent], { limits: { openAsks: 3 } })
  const port = node.outside(0).open(() => {})
  for (let i = 0; i < 5; i++) port.send(at('asker'), noteOf(`${i}`))
  await world.settled()
  assert.deepEqual(
    outcomes,
    [1, 2].map(() => ({ ok: false, reason: 'overloaded' })),
  )
  await world.advance(100)
  assert.equal(outcomes.length, 5)
})

/** Two nodes of two workers each, whose relays note what they get. */
function twoNodes(seen: string[]) {
  const world = new InlineWorld()
  const relay = scripted('relay', (input: Input, context: Context) => {
    if (input.type !== 'message') return
    seen.push(`${context.self.node}/${context.self.key} ${said(input)}`)
    if (said(input) === 'forward') {
      context.write([put('k', 'v')])
      for (const word of ['1', '2', '3']) context.send(at('relay', '2', N2), noteOf(word))
      context.sendNow(at('relay', '1', N2), noteOf('now'))
    }
    if (input.question !== undefined) context.answer(input.question, total(seen.length))
  })
  const toy = program([relay], {
    children: [child('relay', { placement: 'each-shard', keys: [] })],
  })
  const n1 = world.add(N1, 2, new MemoryStore(), toy)
  const n2 = world.add(N2, 2, new MemoryStore(), toy)
  return { world, n1, n2 }
}

test('R-18 messages reach the shard of another node that carries their actor, in order', async () => {
  const seen: string[] = []
  const { world, n1 } = twoNodes(seen)
  await world.settled()
  n1.outside(0)
    .open(() => {})
    .send(at('relay', '1'), noteOf('forward'))
  await world.settled()
  assert.deepEqual(seen, ['n1/1 forward', 'n2/1 now', 'n2/2 1', 'n2/2 2', 'n2/2 3'])
})

test('R-18 questions travel between nodes and shards, and so do refusals', async () => {
  const { world, n1 } = twoNodes([])
  await world.settled()
  const ask = (key: string) => n1.outside(1).ask(at('relay', key, N2), noteOf('?'), 1000)
  const found = ask('2')
  const missing = ask('9')
  await world.settled()
  assert.deepEqual(await found, { ok: true, message: total(1), from: at('relay', '2', N2) })
  assert.deepEqual(await missing, { ok: false, reason: 'unreachable' })
})

test('R-18 a lost link loses what is under way, and a question over it times out', async () => {
  const { world, n1 } = twoNodes([])
  await world.settled()
  const outcome = n1.outside(1).ask(at('relay', '2', N2), noteOf('?'), 1000)
  world.step()
  world.cut(N1, N2)
  await world.advance(1000)
  assert.deepEqual(await outcome, { ok: false, reason: 'timeout' })
  world.cut(N1, N2, false)
  const again = n1.outside(1).ask(at('relay', '2', N2), noteOf('?'), 1000)
  await world.settled()
  assert.ok((await again).ok)
})

test('R-18 of a batch that does not decode, or speaks for another node, nothing is delivered', async () => {
  const seen: string[] = []
  const probe = scripted('probe', (input: Input) => {
    seen.push(said(input))
  })
  const { world, node } = toyWorld([probe])
  await world.settled()
  const good = TOY_CODEC.encode({ to: at('probe'), from: at('x', 'a', N2), message: noteOf('g') })
  const shard = node.shard(0)
  assert.throws(() => shard.arrive([good, good.with(9, [200, 7])], N2), {
    name: 'MalformedMessage',
  })
  const forged = TOY_CODEC.encode({ to: at('probe'), from: at('x', 'a', N1), message: noteOf('f') })
  assert.throws(() => shard.arrive([good, forged], N2), { name: 'ForeignEnvelope' })
  const lost = TOY_CODEC.encode({
    to: at('x', 'a', N2),
    from: at('x', 'a', N2),
    message: noteOf(''),
  })
  assert.throws(() => shard.arrive([good, lost], N2), { name: 'ForeignEnvelope' })
  await world.settled()
  assert.deepEqual(seen, ['start'])
  shard.arrive([good], N2)
  await world.settled()
  assert.deepEqual(seen, ['start', 'g'])
})

test('R-18 keys are placed the same on every node and version', () => {
  assert.equal(hashKey(''), 0x811c9dc5)
  assert.equal(hashKey('a'), 0xe40c292c)
  assert.equal(shardOfKey('a', 0), 0)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => shardOfKey(key, 2)),
    [1, 2, 1, 2],
  )
})

test('R-20 dead letters keep the last ones with their reasons, and count them all', async () => {
  const { world, node } = toyWorld([answering], { limits: { deadLetters: 3 } })
  await world.settled()
  const port = node.outside(0).open(() => {})
  for (let i = 0; i < 5; i++) port.send(at('answering', `nobody${i}`), noteOf('x'))
  await world.settled()
  const { recent, counts } = node.shard(0).inspect().deadLetters
  assert.deepEqual(counts, { 'no-actor': 5 })
  assert.deepEqual(
    recent.map(({ to, kind, reason }) => `${to.key} ${kind} ${reason}`),
    ['nobody2 note no-actor', 'nobody3 note no-actor', 'nobody4 note no-actor'],
  )
})

test('R-22 an outsider hears at its own address until it closes it', async () => {
  const echo = scripted('echo', (input: Input, context: Context) => {
    if (input.type === 'message') context.send(input.from, input.message)
  })
  const { world, node } = toyWorld([echo])
  const heard: string[][] = [[], []]
  const ports = heard.map((words) =>
    node.outside(0).open((message) => words.push((message as Note).text)),
  )
  for (const [i, port] of ports.entries()) port.send(at('echo'), noteOf(`${i}`))
  await world.settled()
  assert.deepEqual(heard, [['0'], ['1']])
  ports[0]?.send(at('echo'), noteOf('late'))
  ports[0]?.close()
  await world.settled()
  assert.deepEqual(heard, [['0'], ['1']])
  assert.equal(node.shard(0).inspect().outsiders, 1)
})

test('R-22 an outsider is called back after the time it named, and never once the shard is full', async () => {
  const { world, node } = toyWorld([answering], { limits: { openAsks: 2 } })
  await world.settled()
  const outside = node.outside(0)
  const calls: number[] = []
  const startMs = outside.nowMs()
  const note = () => calls.push(outside.nowMs() - startMs)
  assert.deepEqual([outside.later(30, note), outside.later(10, note)], [true, true])
  assert.equal(outside.later(5, note), false)
  await world.advance(9)
  assert.deepEqual(calls, [])
  await world.advance(40)
  assert.deepEqual(calls, [10, 30])
})

test('R-22 an outsider that throws harms nobody', async () => {
  const { world, node } = toyWorld([answering])
  await world.settled()
  const outcomes: boolean[] = []
  node.outside(0).askThen(at('answering'), noteOf('x'), 1000, () => {
    throw new Error('a bug of a door')
  })
  node.outside(0).askThen(at('answering'), noteOf('y'), 1000, (it) => outcomes.push(it.ok))
  await world.settled()
  assert.deepEqual(outcomes, [true])
})
