/** Thesis 3.10 (leader transfer), 5 (snapshots), 6.4 (reads), and groups that go quiet. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerId } from '../../../src/base/ids.ts'
import { Network } from './network.ts'

test('leadership passes to the peer named, once it has everything (3.10)', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.propose(1, 'a')
  network.peer(1).machine.transfer(peerId(3))
  network.peer(1).turn()
  network.settle()
  assert.equal(network.leader?.id, 3)
  assert.ok(network.peer(3).marks.includes('raft.leader-transferred'))
  assert.equal(network.peer(3).state.join(' '), 'noop a noop')
})

test('a transfer is refused by name', () => {
  const network = new Network([1, 2], {}, [3])
  const reasonAt = (id: number, to: number) => {
    const outcome = network.peer(id).machine.transfer(peerId(to))
    return outcome.ok ? 'ok' : outcome.reason
  }
  network.elect(1)
  assert.equal(reasonAt(2, 1), 'not-leader')
  assert.equal(reasonAt(1, 1), 'already-leader')
  assert.equal(reasonAt(1, 3), 'not-a-voter')
  assert.equal(reasonAt(1, 9), 'not-a-voter')
})

test('a log is cut behind what is applied, less a tail for slow followers (5)', () => {
  const network = new Network([1], { catchUpEntries: 3 })
  const leader = network.elect(1)
  for (let i = 0; i < 9; i++) network.propose(1, `w${i}`)
  network.settle()
  leader.step({ type: 'compact', index: 10 })
  assert.equal(leader.status.firstIndex, 8)
  leader.step({ type: 'compact', index: 4 })
  assert.equal(leader.status.firstIndex, 8)
  leader.landAll()
  leader.crash()
  assert.equal(leader.status.firstIndex, 8)
  assert.equal(leader.status.lastIndex, 10)
})

const MEBIBYTE = 1024 * 1024

/** Peer 3 is away while ten entries are written and applied, and the leader cuts its log. */
function cutWhileAway(maxBehindBytes: number, isDown: boolean): Network {
  const network = new Network([1, 2, 3], { catchUpEntries: 0, maxBehindBytes })
  const leader = network.elect(1)
  network.isolate(3)
  for (let i = 0; i < 10; i++) network.propose(1, 'w'.repeat(MEBIBYTE))
  network.settle()
  if (isDown) leader.step({ type: 'peer-down', peer: peerId(3) })
  leader.step({ type: 'compact', index: 11 })
  return network
}

test('a follower that is up is not cut off from what it lacks', () => {
  const network = cutWhileAway(20 * MEBIBYTE, false)
  assert.equal(network.peer(1).status.firstIndex, 2)
  network.heal()
  network.pass(2)
  assert.equal(network.peer(3).status.lastIndex, 11)
  assert.ok(!network.marked('raft.snapshot-installed'))
})

test('it is when that grows too much, and one that is down at once', () => {
  const { firstIndex } = cutWhileAway(4 * MEBIBYTE, false).peer(1).status
  assert.ok(firstIndex >= 7 && firstIndex <= 9, `cut at ${firstIndex}`)
  assert.equal(cutWhileAway(20 * MEBIBYTE, true).peer(1).status.firstIndex, 12)
})

test('a newcomer starts from a snapshot, configuration included (5)', () => {
  const network = new Network([1, 2], { catchUpEntries: 0 })
  const leader = network.elect(1)
  for (const text of ['a', 'b', 'c']) network.propose(1, text)
  network.settle()
  leader.step({ type: 'compact', index: 4 })
  network.newcomer(3)
  leader.machine.change({
    type: 'change',
    steps: [{ type: 'add-learner', peer: peerId(3) }],
    explicitLeave: false,
  })
  leader.turn()
  network.settle()
  network.pass(3)
  assert.ok(network.peer(3).marks.includes('raft.snapshot-installed'))
  assert.equal(network.peer(3).state.join(' '), 'noop a b c config')
  assert.equal(network.peer(3).status.learner, true)
})

test('a snapshot that brings nothing new is dropped, and says how far this peer is', () => {
  const network = new Network([1, 2])
  network.elect(1)
  network.propose(1, 'a')
  network.settle()
  const unused: number[] = []
  network.peer(2).watch = (effect) => {
    if (effect.type === 'snapshot-unused') unused.push(effect.snapshot.index)
  }
  const snapshot = network.peer(1).machine.snapshotAt(1)
  network.peer(2).step({ type: 'snapshot-received', from: peerId(1), term: 1, snapshot })
  assert.deepEqual(unused, [1])
  assert.equal(network.parcels.length, 1)
})

test('a snapshot older than what was applied and cut away is not installed', () => {
  const network = new Network([1, 2], { catchUpEntries: 0 })
  network.elect(1)
  network.propose(1, 'a')
  network.settle()
  const snapshot = network.peer(1).machine.snapshotAt(1)
  const follower = network.peer(2)
  follower.step({ type: 'compact', index: 2 })
  follower.step({ type: 'snapshot-received', from: peerId(1), term: 1, snapshot })
  assert.equal(follower.machine.core.installing, undefined)
  assert.equal(follower.state.join(' '), 'noop a')
})

test('a failed snapshot is tried again', () => {
  const network = new Network([1, 2, 3], { catchUpEntries: 0 })
  const leader = network.elect(1)
  network.isolate(3)
  for (const text of ['a', 'b']) network.propose(1, text)
  network.settle()
  leader.step({ type: 'peer-down', peer: peerId(3) })
  leader.step({ type: 'compact', index: 3 })
  network.heal()
  leader.step({ type: 'peer-up', peer: peerId(3) })
  network.cut.add('1>3')
  network.pass(2)
  leader.step({ type: 'snapshot-failed', to: peerId(3) })
  network.heal()
  network.pass(4)
  assert.equal(network.peer(3).state.join(' '), 'noop a b')
  assert.ok(network.marked('raft.snapshot-installed'))
})

test('reads of a turn share one round; none is served before a commit of the term (6.4)', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  for (const token of [1, 2, 3]) leader.machine.step({ type: 'read-index', token })
  leader.turn()
  assert.equal(network.parcels.length, 2, 'one heartbeat to each follower')
  network.settle()
  assert.deepEqual(
    leader.reads.map(({ token, index }) => [token, index]),
    [
      [1, 1],
      [2, 1],
      [3, 1],
    ],
  )
})

test('a single voter serves reads at once, after its first commit', () => {
  const network = new Network([1])
  network.peer(1).step({ type: 'campaign' })
  network.peer(1).land()
  assert.equal(network.peer(1).leads, true)
  network.peer(1).step({ type: 'read-index', token: 1 })
  assert.deepEqual(network.peer(1).reads, [])
  network.peer(1).landAll()
  assert.deepEqual(network.peer(1).reads, [{ token: 1, index: 1 }])
})

test('answers to a round begun before a read do not confirm it', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  leader.step({ type: 'tick' })
  network.isolate(3)
  network.deliver()
  network.deliver()
  leader.step({ type: 'read-index', token: 1 })
  network.deliver()
  assert.deepEqual(leader.reads, [], 'the answer on its way is of an earlier round')
  network.settle()
  assert.equal(leader.reads.length, 1)
})

test('a forwarded read is asked for again, and given up after an election timeout', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.peer(2).step({ type: 'read-index', token: 1 })
  network.parcels = []
  network.pass(5)
  assert.deepEqual(network.peer(2).reads.splice(0), [{ token: 1, index: 1 }])
  network.cut.add('2>1')
  network.peer(2).step({ type: 'read-index', token: 2 })
  network.pass(10)
  assert.deepEqual(network.peer(2).reads, [{ token: 2, index: undefined }])
})

test('an idle group sends nothing and ticks nothing, and any work wakes it', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.pass(25)
  assert.deepEqual(
    network.all.map((peer) => peer.status.quiescent),
    [true, true, true],
  )
  network.tick(1, 50)
  assert.deepEqual(network.parcels, [])
  network.peer(3).step({ type: 'read-index', token: 1 })
  network.settle()
  assert.equal(network.peer(3).reads.length, 1)
  assert.equal(network.peer(1).status.quiescent, false)
})

test('a peer known to be down does not keep a group awake; a lost quorum does', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  network.crash(3)
  network.propose(1, 'a')
  network.settle()
  network.pass(25)
  assert.equal(leader.status.quiescent, false)
  leader.step({ type: 'peer-down', peer: peerId(3) })
  network.pass(25)
  assert.equal(leader.status.quiescent, true)
  leader.step({ type: 'peer-down', peer: peerId(2) })
  leader.step({ type: 'wake' })
  network.pass(25)
  assert.equal(leader.status.quiescent, false)
})

test('a quiet group whose leader falls silent elects another once it is woken', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.pass(25)
  network.crash(1)
  for (const id of [2, 3]) network.peer(id).step({ type: 'peer-down', peer: peerId(1) })
  network.pass(60)
  assert.ok(network.leader)
})
