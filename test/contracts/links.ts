/** The contract of the link port, run over every implementation: hyperswarm, the simulator's, in memory. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import type { LinkLane, LinkPeer, Links } from '../../src/net/link.ts'
import { WIRE_VERSIONS } from '../../src/wire/frame.ts'
import type { Ear } from '../net/ear.ts'

export interface LinkEnd {
  readonly name: NodeName
  readonly links: Links
  readonly ear: Ear
}

/** Two nodes that are about to connect, and what can be done to the way between them. */
export interface LinksUnderTest {
  readonly a: LinkEnd
  readonly b: LinkEnd
  /** Loses what goes from the first to the second. */
  block(from: LinkEnd, to: LinkEnd): void
  unblock(from: LinkEnd, to: LinkEnd): void
  close(): Promise<void>
}

const numbered = (n: number, length = 4): Uint8Array => {
  const frame = new Uint8Array(length)
  new DataView(frame.buffer).setUint32(0, n)
  return frame
}
const numberOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset).getUint32(0)
const rowOf = ({ links }: LinkEnd, name: NodeName): LinkPeer | undefined =>
  links.peers().find((peer) => peer.name === name)

export function linksContract(name: string, open: () => Promise<LinksUnderTest>): void {
  const connected = (body: (under: LinksUnderTest) => Promise<void>) => async () => {
    const under = await open()
    try {
      await Promise.all([under.a.ear.connected(under.b.name), under.b.ear.connected(under.a.name)])
      await body(under)
    } finally {
      await under.close()
    }
  }

  describe(`links contract: ${name}`, () => {
    it(
      'tells who came up, with what it proved',
      connected(async ({ a, b }) => {
        const peer = a.ear.ups[0]
        assert.equal(peer?.name, b.name)
        assert.match(peer?.publicKey ?? '', /^[0-9a-f]{64}$/)
        assert.match(peer?.incarnation ?? '', /^[0-9a-f]{32}$/)
        assert.equal(peer?.shards, 2)
        assert.equal(peer?.wireVersion, WIRE_VERSIONS.max)
      }),
    )

    for (const lane of ['raft', 'bulk'] as const) {
      it(`keeps the order of the ${lane} lane, both ways at once`, connected(inOrder(lane)))
    }

    it('answers false when the queue is full, and sends again when it is not', connected(overflow))

    it(
      'lets a frame of four megabytes through when nothing waits',
      connected(async ({ a, b }) => {
        assert.ok(a.links.send(b.name, 'raft', numbered(7, 4 * 1024 * 1024)))
        await b.ear.until(() => b.ear.frames.length === 1, 'the frame')
        assert.equal(b.ear.frames[0]?.frame.length, 4 * 1024 * 1024)
      }),
    )

    it(
      'drops what is sent to nobody',
      connected(async ({ a }) => {
        assert.equal(a.links.send('nobody' as NodeName, 'raft', numbered(1)), false)
      }),
    )

    it(
      'counts bytes at both ends',
      connected(async ({ a, b }) => {
        a.links.send(b.name, 'raft', numbered(1, 1000))
        a.links.send(b.name, 'bulk', numbered(1, 500))
        await b.ear.until(() => b.ear.frames.length === 2, 'two frames')
        assert.equal(rowOf(a, b.name)?.sentBytes, 1500)
        assert.equal(rowOf(b, a.name)?.receivedBytes, 1500)
        assert.equal(rowOf(a, b.name)?.connected, true)
      }),
    )

    it('ends the connection it rejects, and lets the peer come back', connected(rejection))
    it('ends a connection that is blocked one way, and heals', connected(partition))

    it(
      'says that a peer is gone when it closes',
      connected(async ({ a, b }) => {
        await b.links.close()
        await a.ear.silent(b.name)
        assert.equal(a.links.send(b.name, 'raft', numbered(1)), false)
      }),
    )
  })
}

function inOrder(lane: LinkLane): (under: LinksUnderTest) => Promise<void> {
  const COUNT = 500
  return async ({ a, b }) => {
    for (let i = 0; i < COUNT; i++) {
      assert.ok(a.links.send(b.name, lane, numbered(i, 100)))
      assert.ok(b.links.send(a.name, lane, numbered(i, 100)))
    }
    for (const { ear } of [a, b]) {
      await ear.until(() => ear.frames.length === COUNT, `${COUNT} frames`)
      assert.deepEqual(
        ear.frames.map(({ frame }) => numberOf(frame)),
        Array.from({ length: COUNT }, (_, i) => i),
      )
      assert.ok(ear.frames.every((heard) => heard.lane === lane))
    }
  }
}

async function overflow({ a, b }: LinksUnderTest): Promise<void> {
  let sent = 0
  while (a.links.send(b.name, 'raft', numbered(sent, 60_000))) sent++
  assert.ok(sent >= 4 && sent < 30, `took ${sent} frames of 60 kB at once`)
  assert.equal(rowOf(a, b.name)?.droppedFrames, 1)
  assert.ok(a.links.send(b.name, 'bulk', numbered(0)), 'the other lane has a queue of its own')
  await b.ear.until(() => b.ear.frames.length === sent + 1, 'all that was taken')
  assert.ok(a.links.send(b.name, 'raft', numbered(sent)))
}

async function rejection({ a, b }: LinksUnderTest): Promise<void> {
  a.links.reject(b.name, 'sent nonsense')
  await Promise.all([
    a.ear.until(() => a.ear.downs.length === 1, 'down at the one'),
    b.ear.until(() => b.ear.downs.length === 1, 'down at the other'),
  ])
  assert.match(a.ear.downs[0]?.reason ?? '', /sent nonsense/)
  await Promise.all([a.ear.connected(b.name), b.ear.connected(a.name)])
  assert.ok(a.links.send(b.name, 'raft', numbered(1)))
  await b.ear.until(() => b.ear.frames.length === 1, 'a frame on the new connection')
}

async function partition({ a, b, block, unblock }: LinksUnderTest): Promise<void> {
  block(a, b)
  const seen = b.ear.frames.length
  a.links.send(b.name, 'raft', numbered(1))
  await Promise.all([a.ear.silent(b.name), b.ear.silent(a.name)])
  assert.equal(b.ear.frames.length, seen, 'nothing passes a blocked way')
  unblock(a, b)
  await Promise.all([a.ear.connected(b.name), b.ear.connected(a.name)])
}
