/** Membership changes as a function, and the rules on when they may be made (chapter 4). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { peerId } from '../../../src/base/ids.ts'
import { quorumsMeet } from '../../../src/core/raft/audit.ts'
import { decodeConfiguration, encodeConfiguration } from '../../../src/core/raft/configuration.ts'
import { leaveJoint, nextConfiguration } from '../../../src/core/raft/membership.ts'
import type { Configuration, MembershipStep } from '../../../src/core/raft/types.ts'
import { configurationOf, ids, Network } from './network.ts'

const step = (type: MembershipStep['type'], peer: number): MembershipStep => ({
  type,
  peer: peerId(peer),
})
const change = (...steps: MembershipStep[]) =>
  ({ type: 'change', steps, explicitLeave: false }) as const

const after = (current: Configuration, ...steps: MembershipStep[]) => {
  const result = nextConfiguration(current, change(...steps))
  return result.ok ? result.configuration : result.reason
}

test('one voter more or less changes at once, more go through a joint configuration', () => {
  const three = configurationOf([1, 2, 3])
  assert.deepEqual(after(three, step('add-voter', 4)), configurationOf([1, 2, 3, 4]))
  assert.deepEqual(after(three, step('remove', 2)), configurationOf([1, 3]))
  assert.deepEqual(after(three, step('add-learner', 4)), configurationOf([1, 2, 3], [4]))
  const joint = { ...configurationOf([1, 3, 4]), outgoing: ids(1, 2, 3), autoLeave: true }
  assert.deepEqual(after(three, step('add-voter', 4), step('remove', 2)), joint)
  assert.deepEqual(leaveJoint(joint), configurationOf([1, 3, 4]))
})

test('a voter that is demoted in a joint change keeps its vote until that is left', () => {
  const joint = after(configurationOf([1, 2, 3]), step('add-voter', 4), step('add-learner', 3))
  assert.deepEqual(joint, {
    voters: ids(1, 2, 4),
    outgoing: ids(1, 2, 3),
    learners: ids(3),
    autoLeave: true,
  })
})

test('what cannot be done is refused by name', () => {
  const one = configurationOf([1])
  assert.equal(after(one, step('remove', 1)), 'no-voters')
  assert.equal(after(one, step('add-voter', 1)), 'nothing-to-change')
  assert.equal(after(one, step('remove', 9)), 'nothing-to-change')
  assert.equal(after(one, step('add-voter', 2), step('remove', 2)), 'nothing-to-change')
  assert.deepEqual(nextConfiguration(one, { type: 'leave-joint' }), {
    ok: false,
    reason: 'not-joint',
  })
  const joint = { ...one, outgoing: ids(2, 3) }
  assert.equal(after(joint, step('add-voter', 4)), 'already-joint')
})

const steps = fc.array(
  fc.record({
    type: fc.constantFrom('add-voter', 'add-learner', 'remove'),
    peer: fc.integer({ min: 1, max: 6 }).map(peerId),
  }) as fc.Arbitrary<MembershipStep>,
  { minLength: 1, maxLength: 4 },
)

test('whatever is changed, any quorum before and any quorum after have a voter in common', () => {
  const voters = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(voters, steps, (before, wanted) => {
      const current = configurationOf(before)
      const result = nextConfiguration(current, change(...wanted))
      if (!result.ok) return
      assert.ok(quorumsMeet(current, result.configuration))
      assert.ok(quorumsMeet(result.configuration, leaveJoint(result.configuration)))
      const copy = decodeConfiguration(encodeConfiguration(result.configuration))
      assert.deepEqual(copy, result.configuration)
    }),
  )
})

test('no change before the leader has committed an entry of its own term (4.1)', () => {
  const network = new Network([1, 2, 3])
  const leader = network.peer(1)
  leader.step({ type: 'campaign' })
  while (!leader.leads) {
    for (const peer of network.all) peer.landAll()
    network.deliver()
  }
  const early = leader.machine.change(change(step('add-learner', 4)))
  assert.equal(early.ok ? '' : early.reason, 'change-pending')
  network.settle()
  assert.ok(leader.machine.change(change(step('add-learner', 4))).ok)
})

test('no change while another is open (4.1)', () => {
  const network = new Network([1, 2, 3])
  const leader = network.elect(1)
  network.isolate(1)
  assert.ok(leader.machine.change(change(step('add-learner', 4))).ok)
  leader.turn()
  const second = leader.machine.change(change(step('add-learner', 5)))
  assert.equal(second.ok ? '' : second.reason, 'change-pending')
})

test('an uncommitted change is undone with its entry', () => {
  const network = new Network([1, 2, 3])
  const old = network.elect(1)
  network.isolate(1)
  old.machine.change(change(step('remove', 3)))
  old.turn()
  assert.deepEqual(old.status.configuration, configurationOf([1, 2]))
  network.pass(40)
  network.heal()
  network.pass(2)
  assert.deepEqual(old.status.configuration, configurationOf([1, 2, 3]))
})

test('a learner that is far behind is not promoted', () => {
  const network = new Network([1], { promoteLag: 2 }, [2])
  network.isolate(2)
  const leader = network.elect(1)
  for (const text of ['a', 'b', 'c', 'd']) network.propose(1, text)
  network.settle()
  const refused = leader.machine.change(change(step('add-voter', 2)))
  assert.equal(refused.ok ? '' : refused.reason, 'learner-behind')
  network.heal()
  network.pass(3)
  assert.ok(leader.machine.change(change(step('add-voter', 2))).ok)
})

test('a removed leader may still be needed to commit its own removal (4.2.2)', () => {
  const network = new Network([1, 2])
  network.elect(1)
  network.isolate(1)
  network.peer(1).machine.change(change(step('remove', 1)))
  network.peer(1).turn()
  network.pass(40)
  network.heal()
  network.pass(60)
  assert.equal(network.leader?.id, 2)
  assert.deepEqual(network.peer(2).status.configuration, configurationOf([2]))
})
