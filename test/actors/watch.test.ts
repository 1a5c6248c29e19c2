import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { WatchResponse } from '../../src/actors/chainfire.ts'
import type { NodeName } from '../../src/base/ids.ts'
import { CHAINFIRE, InlineCluster } from '../support/inline-cluster.ts'
import { bytes, put, text, watchFrom } from '../support/requests.ts'

async function cluster(nodes = 3) {
  const made = new InlineCluster({ nodes })
  const leader = await made.leader()
  const write = async (key: string, value: string) => {
    const outcome = await made.answer(made.face(leader).write(put(key, value)))
    assert.ok(outcome.ok, inspect(outcome))
  }
  return { made, leader, write }
}

const told = (responses: readonly WatchResponse[]): string[] =>
  responses.flatMap(({ events }) => events.map(({ kv }) => `${kv.modRevision}=${text(kv.value)}`))

test('a watch on any node hears what is written on any other, in order', async () => {
  const { made, write } = await cluster()
  for (const name of made.names) {
    const responses: WatchResponse[] = []
    const stream = made.face(name).watch(100, (response) => responses.push(response))
    stream.create(watchFrom(`from-${name}`, 0))
    await made.world.advance(20)
    assert.ok(responses[0]?.created)
    for (const value of ['a', 'b', 'c']) await write(`from-${name}`, value)
    await made.world.advance(200)
    assert.deepEqual(
      told(responses).map((event) => event.split('=')[1]),
      ['a', 'b', 'c'],
    )
    stream.close()
  }
})

test('a watch from an earlier revision reads history, then goes on live', async () => {
  const { made, leader, write } = await cluster()
  for (const value of ['a', 'b', 'c']) await write('k', value)
  const follower = made.names.find((name) => name !== leader) as NodeName
  const responses: WatchResponse[] = []
  const stream = made.face(follower).watch(100, (response) => responses.push(response))
  stream.create(watchFrom('k', 3, { prevKv: true }))
  await made.world.advance(200)
  await write('k', 'd')
  await made.world.advance(200)
  assert.deepEqual(told(responses), ['3=b', '4=c', '5=d'])
  const previous = responses.flatMap(({ events }) => events.map(({ prevKv }) => prevKv))
  assert.deepEqual(
    previous.map((kv) => kv && text(kv.value)),
    ['a', 'b', 'c'],
  )
})

test('what lies below the compaction is refused with its revision', async () => {
  const { made, leader, write } = await cluster(1)
  for (const value of ['a', 'b', 'c', 'd']) await write('k', value)
  await made.answer(made.face(leader).write({ op: 'compact', revision: 4 }))
  const responses: WatchResponse[] = []
  const stream = made.face(leader).watch(100, (response) => responses.push(response))
  stream.create(watchFrom('k', 2))
  await made.world.advance(200)
  assert.deepEqual(
    responses.map(({ created, canceled, compactRevision }) => [created, canceled, compactRevision]),
    [
      [true, false, 0],
      [false, true, 4],
    ],
  )
})

test('no event is lost or told twice when the group, the hub or the door throws', async () => {
  for (const kind of ['raft-group', 'watch-hub'] as const) {
    const { made, leader, write } = await cluster(1)
    const responses: WatchResponse[] = []
    const stream = made.face(leader).watch(1000, (response) => responses.push(response))
    stream.create({ ...watchFrom('a', 2), rangeEnd: bytes('z') })
    const values: string[] = []
    for (let i = 0; i < 12; i++) {
      if (i === 6) {
        assert.ok(made.node(leader).shard(1).throwNext(kind, CHAINFIRE))
        await made.world.advance(3000)
        await made.leader()
      }
      await write('k', `v${i}`)
      values.push(`v${i}`)
    }
    await made.world.advance(3000)
    assert.deepEqual(
      told(responses).map((event) => event.split('=')[1]),
      values,
      kind,
    )
  }
})

test('streams that did not all get a word in come back by themselves', async () => {
  const { made, leader, write } = await cluster(1)
  const heard = Array.from({ length: 3000 }, () => [] as WatchResponse[])
  const streams = heard.map((responses) =>
    made.face(leader).watch(10, (response) => responses.push(response)),
  )
  for (const stream of streams) stream.create(watchFrom('k', 0))
  await made.world.advance(3000)
  await write('k', 'v')
  await made.world.advance(1000)
  for (const responses of heard) {
    assert.deepEqual(
      responses.map(({ created }) => created),
      [true, false],
    )
    assert.deepEqual(told(responses), ['2=v'])
  }
  for (const stream of streams) stream.close()
})
