/**
 * Log replication: thesis 3.5, 3.6.2 (what is committed), 10.2 (batches, pipelines, the leader's
 * disk).
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerId } from '../../../src/base/ids.ts'
import type { Entry } from '../../../src/core/raft/types.ts'
import { Network, textBytes } from './network.ts'

const appends = (network: Network) =>
  network.parcels.flatMap((parcel) =>
    parcel.type === 'message' && parcel.message.kind === 'append' ? [parcel.message] : [],
  )

test('the proposals of a turn share one persist and one append for each follower', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  let persists = 0
  leader.watch = (effect) => {
    if (effect.type === 'persist') persists++
  }
  for (let i = 0; i < 100; i++) leader.machine.propose(textBytes(`w${i}`))
  leader.turn()
  assert.equal(persists, 1)
  assert.deepEqual(
    appends(network).map((append) => append.entries.length),
    [100, 100],
  )
})

test('entries are handed on, never copied', () => {
  const network = new Network([1, 2])
  const leader = network.elect(1)
  const data = textBytes('the one')
  const handed: Entry[] = []
  leader.watch = (effect) => {
    if (effect.type === 'persist' || effect.type === 'apply') handed.push(...effect.entries)
  }
  leader.machine.propose(data)
  leader.turn()
  network.settle()
  assert.equal(handed.length, 2)
  assert.equal(handed[0], handed[1])
  assert.equal(handed[0]?.data, data)
})

test('the leader sends before its own disk is done, and counts itself only after (10.2.1)', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  network.propose(1, 'a')
  assert.equal(appends(network).length, 2)
  network.isolate(3)
  while (network.parcels.length > 0) {
    network.deliver()
    network.peer(2).landAll()
  }
  assert.equal(leader.status.commit, 1, 'one follower and an unsynced leader are no majority')
  leader.landAll()
  assert.equal(leader.status.commit, 2)
})

test('two followers commit while the leader is still waiting for its disk, but it does not apply', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  network.propose(1, 'a')
  while (network.parcels.length > 0) {
    network.deliver()
    network.peer(2).landAll()
    network.peer(3).landAll()
  }
  assert.equal(leader.status.commit, 2)
  assert.equal(leader.status.applied, 1)
  leader.landAll()
  assert.equal(leader.status.applied, 2)
})

test('a follower commits only what it knows to match, whatever else its log holds', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.isolate(1)
  for (const text of ['lost', 'also lost']) network.propose(1, text)
  network.settle()
  const append = {
    kind: 'append',
    from: peerId(2),
    to: peerId(1),
    term: 2,
    prevIndex: 1,
    prevTerm: 1,
    commit: 3,
    entries: [],
  } as const
  network.peer(1).step({ type: 'message', message: append })
  assert.equal(network.peer(1).status.commit, 1)
})

test('a follower acknowledges only what is on its disk', () => {
  const network = new Network([1, 2])
  network.elect(1)
  network.propose(1, 'a')
  network.deliver()
  assert.deepEqual(network.parcels, [])
  network.peer(2).land()
  assert.equal(network.parcels.length, 1)
})

test('appends of one turn are acknowledged together', () => {
  const network = new Network([1, 2])
  network.elect(1)
  for (const text of ['a', 'b', 'c']) network.propose(1, text)
  const follower = network.peer(2)
  for (const message of appends(network)) follower.machine.step({ type: 'message', message })
  network.parcels = []
  follower.turn()
  follower.landAll()
  assert.equal(network.parcels.length, 1)
})

test('no more appends are under way than the window allows, and it opens again', () => {
  const network = new Network([1, 2], { maxInflight: 3 })
  network.elect(1)
  for (let i = 0; i < 10; i++) network.propose(1, `w${i}`)
  assert.equal(appends(network).length, 3)
  network.settle()
  assert.equal(network.peer(2).status.lastIndex, 11)
})

test('nor more bytes; what a small window holds up is sent as it opens', () => {
  const network = new Network([1, 2], { maxInflightBytes: 200 })
  const leader = network.elect(1)
  for (let i = 0; i < 10; i++) {
    leader.machine.propose(new Uint8Array(100))
    leader.turn()
  }
  assert.equal(appends(network).length, 2)
  network.settle()
  assert.equal(network.peer(2).status.lastIndex, 11)
})

test('an append keeps to its bytes, but for a single entry that is larger', () => {
  const network = new Network([1, 2], { maxAppendBytes: 100 })
  const leader = network.elect(1)
  for (const size of [20, 20, 20, 500, 20]) leader.machine.propose(new Uint8Array(size))
  leader.turn()
  const sizes = appends(network).map((append) => append.entries.map((entry) => entry.data.length))
  assert.deepEqual(sizes, [[20], [20], [20], [500], [20]])
})

test('a lost append is found by the next heartbeat, and everything behind it is sent again', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.propose(1, 'a')
  network.parcels = []
  network.propose(1, 'b')
  network.settle()
  network.pass(2)
  assert.deepEqual(network.states(), Array(3).fill('noop a b'))
})

test('doubled and reordered messages change nothing', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  for (const text of ['a', 'b', 'c']) network.propose(1, text)
  network.parcels = [...network.parcels.toReversed(), ...network.parcels]
  network.settle()
  network.pass(3)
  assert.deepEqual(network.states(), Array(3).fill('noop a b c'))
})

/** Restarted peers have forgotten that there was a leader. */
function forget(network: Network, ...peers: readonly number[]): void {
  for (const id of peers) {
    network.crash(id)
    network.restart(id)
  }
}

test('figure 3.6: a new leader brings divergent logs into line', () => {
  const network = new Network([1, 2, 3, 4, 5])
  network.elect(1)
  for (const id of [3, 4, 5]) network.isolate(id)
  for (const text of ['x', 'y', 'z']) network.propose(1, text)
  network.settle()

  network.heal()
  for (const id of [1, 2]) network.isolate(id)
  forget(network, 3, 4, 5)
  network.elect(5)
  network.isolate(3)
  for (const text of ['u', 'v']) network.propose(5, text)
  network.settle()
  const ends = network.all.map(({ status }) => `${status.lastIndex}/${status.lastTerm}`)
  assert.deepEqual(ends, ['4/1', '4/1', '2/2', '4/2', '4/2'])

  network.heal()
  network.isolate(5)
  forget(network, 1, 2, 3, 4)
  network.peer(4).step({ type: 'campaign' })
  network.pass(60)
  network.heal()
  network.pass(5)
  assert.deepEqual(network.states(), Array(5).fill(network.peer(4).state.join(' ')))
  assert.ok(network.states()[0]?.startsWith('noop noop u v noop'))
})

test('proposals are refused by name: no leader here, transferring, too much uncommitted', () => {
  const network = new Network([1, 2], { maxUncommittedBytes: 200 })
  assert.deepEqual(network.propose(1, 'a'), { ok: false, reason: 'not-leader', leader: undefined })
  network.elect(1)
  assert.deepEqual(network.propose(2, 'a'), { ok: false, reason: 'not-leader', leader: 1 })
  network.isolate(1)
  const outcomes = Array.from({ length: 9 }, () => network.propose(1, 'twenty bytes of data'))
  assert.equal(outcomes[0]?.ok, true)
  assert.deepEqual(outcomes.at(-1), { ok: false, reason: 'overloaded', leader: 1 })
  network.heal()
  network.pass(3)
  assert.equal(network.propose(1, 'room again').ok, true)
  network.peer(1).machine.transfer(peerId(2))
  const refused = network.propose(1, 'late')
  assert.equal(refused.ok ? '' : refused.reason, 'transferring')
})

test('entries that have left memory are fetched from disk for a slow follower', () => {
  const network = new Network([1, 2, 3], { tailBytes: 100, maxAppendBytes: 120 })
  const leader = network.elect(1)
  network.isolate(3)
  let fetches = 0
  leader.watch = (effect) => {
    if (effect.type === 'fetch-log') fetches++
  }
  for (let i = 0; i < 20; i++) network.propose(1, `entry ${i}`)
  network.settle()
  network.heal()
  network.pass(3)
  assert.ok(fetches >= 2)
  assert.equal(network.peer(3).status.lastIndex, 21)
  assert.equal(network.peer(3).marks.length, 0, 'without a snapshot')
})

test('a restart keeps what was synced and loses the rest', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.propose(1, 'a')
  network.settle()
  network.propose(1, 'b')
  network.peer(1).crash()
  assert.equal(network.peer(1).status.lastIndex, 2)
  assert.equal(network.peer(1).status.term, 1)
  network.pass(60)
  const states = network.states()
  assert.ok(states[0]?.startsWith('noop a'))
  assert.deepEqual(states, Array(3).fill(states[0]))
})
