import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitWord } from '../../src/actors/consensus/commit-word.ts'
import { nodeName, peerId } from '../../src/base/ids.ts'
import type { RaftMessage } from '../../src/core/raft/messages.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { RaftCarrier } from '../../src/wire/messages/raft.ts'

const [self, two, three] = [peerId(1), peerId(2), peerId(3)]

/** A word that may wait, what it sends, and how often it asked for its moment. */
function begin() {
  const sent: RaftMessage[] = []
  let timers = 0
  const word = new CommitWord({
    actorOf: (peer) => address(nodeName(`n${peer}`), 'raft-group', 'g'),
    carry: (message) => ({ kind: 'raft', incarnation: 'i', message }),
  })
  const context = {
    sendNow: (_: unknown, message: Message) => void sent.push((message as RaftCarrier).message),
    setTimer: () => void timers++,
  }
  const commit = (to: typeof two, index: number) =>
    word.holds({ kind: 'commit', from: self, to, term: 1, commit: index }, context)
  return { word, context, sent, commit, timers: () => timers }
}

const append = (to: typeof two, commit: number): RaftMessage => {
  return { kind: 'append', from: self, to, term: 1, prevIndex: 9, prevTerm: 1, commit, entries: [] }
}

test('word of a commit waits for a moment, and then leaves once for each follower', () => {
  const { word, context, sent, commit, timers } = begin()
  assert.ok(commit(two, 5))
  assert.ok(commit(two, 6))
  assert.ok(commit(three, 6))
  assert.equal(timers(), 1)
  word.release(context)
  assert.deepEqual(
    sent.map((it) => [it.to, it.kind === 'commit' && it.commit]),
    [
      [two, 6],
      [three, 6],
    ],
  )
  word.release(context)
  assert.equal(sent.length, 2)
})

test('an append to the same follower carries the word, and it does not leave by itself', () => {
  const { word, context, sent, commit } = begin()
  commit(two, 5)
  commit(three, 5)
  assert.ok(!word.holds(append(two, 5), context))
  word.release(context)
  assert.deepEqual(
    sent.map((it) => it.to),
    [three],
  )
})

test('word that somebody at the follower waits for leaves at once, until it has been given', () => {
  const { word, commit } = begin()
  word.awaited(two, 6)
  assert.ok(!commit(two, 5))
  assert.ok(commit(three, 5))
  assert.ok(!commit(two, 6))
  assert.ok(commit(two, 7))
})

test('before a follower hears of a read index it hears what is committed', () => {
  const { word, context, sent, commit } = begin()
  commit(two, 5)
  word.holds({ kind: 'read-index-answer', from: self, to: two, term: 1, id: 1, index: 7 }, context)
  assert.deepEqual(
    sent.map((it) => it.kind),
    ['commit'],
  )
  assert.ok(!commit(two, 7))
  assert.ok(commit(two, 8))
})

test('a leader that leads no more says nothing of what it was about to say', () => {
  const { word, context, sent, commit } = begin()
  commit(two, 5)
  word.forget()
  word.release(context)
  assert.equal(sent.length, 0)
})
