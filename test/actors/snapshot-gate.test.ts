import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gateOf, snapshotGateKind } from '../../src/actors/snapshot-gate/behavior.ts'
import { groupId, nodeName, peerId } from '../../src/base/ids.ts'
import type { Context, Question } from '../../src/runtime/actor.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { SnapshotPlace } from '../../src/wire/messages/snapshot.ts'

const from = address(nodeName('n1'), 'raft-group', 'g')
const question: Question = { from, ask: 1, life: 1 }

function open() {
  const gate = snapshotGateKind().create(gateOf(from))
  const answers: boolean[] = []
  const context = {
    nowMs: 0,
    answer: (_: Question, message: Message) =>
      answers.push((message as Message & { readonly granted: boolean }).granted),
  }
  const tell = (kind: 'snapshot.claim' | SnapshotPlace['kind'], group: string, to: number) => {
    const message = { kind, group: groupId(group), to: peerId(to) } as Message
    const asks = kind === 'snapshot.claim' ? { question } : {}
    gate.receive({ type: 'message', message, from, ...asks }, context as unknown as Context)
  }
  return {
    tell,
    claim: (group: string, to: number) => {
      tell('snapshot.claim', group, to)
      return answers.pop()
    },
    later: (ms: number) => {
      context.nowMs += ms
    },
  }
}

test('two snapshots leave a node at a time, of whatever groups', () => {
  const { claim, tell } = open()
  assert.equal(claim('a', 2), true)
  assert.equal(claim('b', 2), true)
  assert.equal(claim('c', 2), false)
  assert.equal(claim('a', 3), false)
  tell('snapshot.leave', 'a', 2)
  assert.equal(claim('c', 2), true)
  assert.equal(claim('a', 2), false)
})

test('a place that nobody keeps is free after a while', () => {
  const { claim, tell, later } = open()
  claim('a', 2)
  claim('b', 2)
  later(6000)
  tell('snapshot.keep', 'a', 2)
  later(6000)
  assert.equal(claim('c', 2), true)
  assert.equal(claim('d', 2), false)
})

test('a gate that starts over hears of those under way', () => {
  const { claim, tell } = open()
  tell('snapshot.keep', 'a', 2)
  tell('snapshot.keep', 'b', 2)
  assert.equal(claim('c', 2), false)
})
