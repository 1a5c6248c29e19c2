/**
 * Leader election: thesis 3.4, with 3.6.1 (who may win), 4.2.3 (who is left in peace), 6.2, 9.6.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerId } from '../../../src/base/ids.ts'
import type { RaftMessage } from '../../../src/core/raft/types.ts'
import { Network } from './network.ts'

const vote = (from: number, to: number, term: number, log: [number, number], transfer = false) =>
  ({
    type: 'message',
    message: {
      kind: 'vote',
      from: peerId(from),
      to: peerId(to),
      term,
      lastIndex: log[0],
      lastTerm: log[1],
      transfer,
    },
  }) as const

const messages = (network: Network, kind: RaftMessage['kind']) =>
  network.parcels.flatMap((parcel) =>
    parcel.type === 'message' && parcel.message.kind === kind ? [parcel.message] : [],
  )

test('a follower that hears no leader campaigns, at a time of its own', () => {
  const timeouts = new Set<number>()
  for (let seed = 0; seed < 40; seed++) {
    const network = new Network([1, 2, 3], { seed })
    let ticks = 0
    while (network.peer(1).status.role === 'follower') {
      network.tick(1)
      ticks++
    }
    assert.ok(ticks >= 10 && ticks < 20, `${ticks} ticks`)
    timeouts.add(ticks)
  }
  assert.ok(timeouts.size >= 6, 'timeouts are spread')
})

test('a pre-candidate touches no term, its own included (9.6)', () => {
  const network = new Network([1, 2, 3])
  network.isolate(1)
  network.tick(1, 100)
  assert.equal(network.peer(1).status.term, 0)
  assert.equal(network.peer(1).status.role, 'pre-candidate')
})

test('a peer votes once a term, and the same way after a restart', () => {
  const network = new Network([1, 2, 3])
  const voter = network.peer(1)
  voter.step(vote(2, 1, 5, [0, 0]))
  voter.landAll()
  voter.crash()
  voter.step(vote(3, 1, 5, [0, 0]))
  voter.step(vote(2, 1, 5, [0, 0]))
  voter.landAll()
  const answers = messages(network, 'vote-answer')
  assert.deepEqual(
    answers.map((answer) => [answer.to, 'granted' in answer && answer.granted]),
    [
      [2, true],
      [3, false],
      [2, true],
    ],
  )
})

test('a vote in a term that was already on disk is written too', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  const voter = network.peer(2)
  voter.step(vote(3, 2, 5, [0, 0], true))
  voter.landAll()
  assert.equal(voter.status.vote, undefined, 'that log was too short')
  voter.step(vote(1, 2, 5, [1, 1], true))
  voter.landAll()
  voter.crash()
  assert.equal(voter.status.vote, 1)
})

test('no vote leaves before it is on disk, and a lost one may be given anew', () => {
  const network = new Network([1, 2, 3])
  const voter = network.peer(1)
  voter.step(vote(2, 1, 5, [0, 0]))
  assert.equal(messages(network, 'vote-answer').length, 0)
  voter.crash()
  assert.equal(voter.status.vote, undefined)
})

test("a candidate does not win before its own vote is on disk, even with everybody else's", () => {
  const network = new Network([1])
  const only = network.peer(1)
  only.step({ type: 'campaign' })
  assert.equal(only.status.role, 'candidate')
  only.landAll()
  assert.equal(only.status.role, 'leader')
})

test('nobody votes for a shorter or an older log (3.6.1)', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  network.propose(1, 'a')
  network.settle()
  for (const [log, granted] of [
    [[1, 1], false],
    [[5, 0], false],
    [[2, 1], true],
    [[1, 2], true],
  ] as const) {
    const term = network.peer(2).status.term + 1
    network.peer(2).step(vote(3, 2, term, [...log], true))
    network.peer(2).landAll()
    const answer = messages(network, 'vote-answer').at(-1)
    assert.equal(answer && 'granted' in answer && answer.granted, granted, `log ends ${log}`)
  }
})

test('who hears a leader ignores votes, unless that leader wished for them (4.2.3)', () => {
  const network = new Network([1, 2, 3])
  network.elect(1)
  const follower = network.peer(2)
  follower.step(vote(3, 2, 9, [9, 9]))
  assert.equal(follower.status.term, 1)
  follower.step(vote(3, 2, 9, [9, 9], true))
  assert.equal(follower.status.term, 9)
})

test('a split vote ends with another election', () => {
  const network = new Network([1, 2, 3, 4])
  for (const id of [1, 2]) network.peer(id).step({ type: 'campaign' })
  network.settle()
  network.pass(60)
  assert.ok(network.leader)
})

test('a candidate concedes to the leader of its term', () => {
  const network = new Network([1, 2, 3])
  network.peer(2).step(vote(3, 2, 1, [0, 0]))
  network.peer(1).step({ type: 'campaign' })
  network.settle()
  network.pass(60)
  const leaders = network.all.filter((peer) => peer.leads)
  assert.equal(leaders.length, 1)
})

test('a leader without a quorum steps down within two election timeouts (6.2)', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  network.isolate(1)
  network.tick(1, 20)
  assert.equal(leader.status.role, 'follower')
  assert.ok(leader.marks.includes('raft.quorum-lost'))
})

test('learners and strangers do not campaign', () => {
  const network = new Network([1], {}, [2])
  network.newcomer(3)
  network.tick(2, 100)
  network.tick(3, 100)
  assert.equal(network.peer(2).status.role, 'follower')
  assert.equal(network.peer(3).status.role, 'follower')
})

test('a learner that does not know of its promotion still votes', () => {
  const network = new Network([1, 2], {}, [3])
  network.peer(3).step(vote(1, 3, 1, [0, 0]))
  assert.equal(network.peer(3).status.vote, 1)
})

test('a message to an earlier peer of this place is dropped', () => {
  const network = new Network([1, 2, 3])
  const stale = vote(2, 9, 5, [0, 0])
  network.peer(1).step(stale)
  assert.equal(network.peer(1).status.term, 0)
})
