/** The proofs of the handshake, bound to one connection and one end: docs/links.md 2.3. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Binding,
  decodeIntroduction,
  encodeIntroduction,
  type Hello,
  type Introduction,
  provedSecret,
  proveSecret,
} from '../../src/net/swarm/proof.ts'

const SECRETS = ['current', 'next']
const here: Binding = { handshakeHash: new Uint8Array(64).fill(1), byInitiator: true }
const reflected: Binding = { ...here, byInitiator: false }
const elsewhere: Binding = { ...here, handshakeHash: new Uint8Array(64).fill(2) }

const helloWith = (...proofs: readonly Uint8Array[]): Hello => ({
  protocol: 'plasma link',
  minVersion: 1,
  maxVersion: 1,
  purpose: 'raft',
  proofs,
})

const introduction: Introduction = {
  cluster: 'test',
  name: 'n1',
  publicKey: 'a'.repeat(64),
  incarnation: 'b'.repeat(32),
  life: 'c'.repeat(32),
  shards: 2,
  clientUrl: 'http://127.0.0.1:2379',
  host: '127.0.0.1',
  port: 1,
  bulkKey: 'd'.repeat(64),
  ticket: '',
}

describe('proof of a secret', () => {
  it('holds for any secret of the list', () => {
    const hello = helloWith(proveSecret('next', 'raft', here))
    assert.equal(provedSecret(SECRETS, hello, here), 'next')
  })

  for (const [what, hello] of [
    ['another secret', helloWith(proveSecret('other', 'raft', here))],
    ['another connection', helloWith(proveSecret('next', 'raft', elsewhere))],
    ['the other end', helloWith(proveSecret('next', 'raft', reflected))],
    ['another purpose', helloWith(proveSecret('next', 'bulk', here))],
    ['nothing', helloWith()],
  ] as const) {
    it(`does not hold when it proves ${what}`, () => {
      assert.equal(provedSecret(SECRETS, hello, here), undefined)
    })
  }
})

describe('proof of an introduction', () => {
  it('holds for any secret of the list', () => {
    const bytes = encodeIntroduction(introduction, 'next', here)
    assert.deepEqual(decodeIntroduction(bytes, SECRETS, here), introduction)
  })

  it('covers every field', () => {
    const bytes = encodeIntroduction(introduction, 'next', here)
    for (let at = 0; at < bytes.length; at++) {
      const edited = bytes.slice()
      edited[at] = (edited[at] as number) ^ 1
      let read: Introduction | undefined
      try {
        read = decodeIntroduction(edited, SECRETS, here)
      } catch {
        continue
      }
      assert.equal(read, undefined, `byte ${at} can be changed`)
    }
  })

  it('is worth nothing on another connection or from the other end', () => {
    const bytes = encodeIntroduction(introduction, 'next', here)
    assert.equal(decodeIntroduction(bytes, SECRETS, elsewhere), undefined)
    assert.equal(decodeIntroduction(bytes, SECRETS, reflected), undefined)
  })
})
