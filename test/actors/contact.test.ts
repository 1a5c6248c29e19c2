import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Contact } from '../../src/actors/raft-group/contact.ts'
import { peerId } from '../../src/base/ids.ts'

const [one, two, three] = [peerId(1), peerId(2), peerId(3)]
const following = { self: one, leader: two, voters: [one, two, three], electionMs: 1000 }
const leading = { ...following, leader: one }

test('T9 a request that began shortly before the leader was elected blames the one before', () => {
  const contact = new Contact()
  assert.equal(contact.blame(0, following), 'timeout')
  contact.leaderKnown(10_000)
  assert.equal(contact.blame(7_999, following), 'timeout')
  assert.equal(contact.blame(8_001, following), 'timeout-leader-failed')
  assert.equal(contact.blame(10_001, following), 'timeout')
})

test('T9 a follower blames the connection when its leader was silent meanwhile', () => {
  const contact = new Contact()
  contact.silent(three)
  assert.equal(contact.blame(5000, following), 'timeout')
  contact.silent(two)
  assert.equal(contact.blame(5000, following), 'timeout-disconnected')
  contact.heard(two, 6000)
  assert.equal(contact.blame(5000, following), 'timeout-disconnected')
  assert.equal(contact.blame(6500, following), 'timeout')
})

test('T9 a leader blames the connection when it did not reach a majority', () => {
  const contact = new Contact()
  contact.silent(two)
  assert.equal(contact.blame(5000, leading), 'timeout')
  contact.silent(three)
  assert.equal(contact.blame(5000, leading), 'timeout-disconnected')
  assert.equal(contact.blame(5000, { ...leading, leader: undefined }), 'timeout')
})
