/** Who gets a link: the clauses of docs/links.md, part 2. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import { Caller } from '../../src/net/swarm/caller.ts'
import { openEndpoint } from '../../src/net/swarm/endpoint.ts'
import { createIdentity, doorKeys, raftKeys } from '../../src/net/swarm/identity.ts'
import { decodeHello, encodeHello } from '../../src/net/swarm/proof.ts'
import type { RememberedPeer } from '../../src/net/swarm/swarm-options.ts'
import { WIRE_VERSIONS } from '../../src/wire/frame.ts'
import { freePorts } from '../support/ports.ts'
import {
  allConnected,
  HOST,
  openCluster,
  openNode,
  SECRET,
  type SwarmNode,
  withNodes,
} from './swarm-world.ts'

const FRAME = Uint8Array.of(1, 2, 3)

/** Two nodes that bootstrap from each other, told apart by what is given for each. */
async function pair(
  first: Parameters<typeof openNode>[3],
  second: Parameters<typeof openNode>[3],
): Promise<SwarmNode[]> {
  const ports = await freePorts(2)
  return Promise.all([
    openNode('n1', ports[0] as number, ports, first),
    openNode('n2', ports[1] as number, ports, second),
  ])
}

async function refusedBoth(a: SwarmNode, b: SwarmNode): Promise<void> {
  const refusedAt = ({ ear, refusals }: SwarmNode) =>
    ear.until(() => refusals.length > 0, 'a refusal')
  await Promise.all([refusedAt(a), refusedAt(b)])
}

describe('admission to links', () => {
  it('2.3 refuses a wrong secret at both ends; no frame is delivered nor sent', () =>
    withNodes(
      () => pair({}, { secrets: ['another secret'] }),
      async (right, wrong) => {
        await refusedBoth(right as SwarmNode, wrong as SwarmNode)
        assert.equal(wrong?.refusals[0]?.cause, 'secret')
        assert.equal(wrong?.links.send('n1' as NodeName, 'raft', FRAME), false)
        assert.equal(right?.links.send('n2' as NodeName, 'raft', FRAME), false)
        assert.deepEqual([right?.ear.ups, wrong?.ear.ups], [[], []])
        assert.deepEqual([right?.ear.frames, wrong?.ear.frames], [[], []])
      },
    ))

  it('2.8 admits it once its secret is right', async () => {
    const ports = await freePorts(2)
    await withNodes(
      async () => [await openNode('n1', ports[0] as number, ports)],
      async (right) => {
        const identity = createIdentity()
        const port = ports[1] as number
        const wrong = await openNode('n2', port, ports, { identity, secrets: ['not the secret'] })
        await refusedBoth(right as SwarmNode, wrong)
        await wrong.links.close()
        await withNodes(
          async () => [await openNode('n2', port, ports, { identity })],
          async (righted) => {
            await allConnected([right as SwarmNode, righted as SwarmNode])
            righted?.links.send('n1' as NodeName, 'raft', FRAME)
            await right?.ear.until(() => right.ear.frames.length === 1, 'a frame')
          },
        )
      },
    )
  })

  it('2.3 lets nodes meet while the secret is being changed', () =>
    withNodes(
      () => pair({ secrets: ['the old secret', SECRET] }, { secrets: [SECRET, 'the next one'] }),
      async (...nodes) => allConnected(nodes),
    ))

  it('2.5 refuses a node of another cluster, and says which', () =>
    withNodes(
      () => pair({}, { cluster: 'other' }),
      async (a, b) => {
        await refusedBoth(a as SwarmNode, b as SwarmNode)
        assert.equal(a?.refusals[0]?.cause, 'cluster')
        assert.equal(a?.refusals[0]?.name, 'n2')
        assert.match(a?.refusals[0]?.reason ?? '', /cluster other/)
        assert.deepEqual([a?.ear.ups, b?.ear.ups], [[], []])
      },
    ))

  it('2.4 refuses a node without a wire version in common', () =>
    withNodes(
      () => pair({}, { versions: { min: 7, max: 9 } }),
      async (a, b) => {
        await refusedBoth(a as SwarmNode, b as SwarmNode)
        assert.equal(a?.refusals[0]?.cause, 'version')
        assert.match(a?.refusals[0]?.reason ?? '', /7 to 9/)
        assert.deepEqual(a?.ear.ups, [])
      },
    ))

  it('2.4 agrees on the highest version that both speak', () =>
    withNodes(
      () => pair({}, { versions: { min: 1, max: 9 } }),
      async (...nodes) => {
        await allConnected(nodes)
        for (const { ear } of nodes) assert.equal(ear.ups[0]?.wireVersion, WIRE_VERSIONS.max)
      },
    ))

  it('2.6 asks whether an identity may come in, and tells the reason when not', () =>
    withNodes(
      () =>
        pair(
          { admit: async () => ({ admitted: false, reason: 'n2 is pinned to another key' }) },
          {},
        ),
      async (a, b) => {
        await refusedBoth(a as SwarmNode, b as SwarmNode)
        const told = b?.refusals[0]
        assert.equal(told?.cause, 'identity')
        assert.equal(told?.byPeer, true)
        assert.equal(told?.reason, 'n2 is pinned to another key')
        assert.deepEqual([a?.ear.ups, b?.ear.ups], [[], []])
      },
    ))

  it('1.4 forgets a remembered node that may not come in any more', async () => {
    const ports = await freePorts(2)
    const identity = createIdentity()
    const row = {
      name: 'n2' as NodeName,
      publicKey: identity.publicKey,
      host: HOST,
      port: ports[1] as number,
    }
    const saved: (readonly RememberedPeer[])[] = []
    const keeper = {
      admit: async () => ({ admitted: false, reason: 'n2 was removed' }) as const,
      remembered: { known: [row], save: (peers: readonly RememberedPeer[]) => saved.push(peers) },
    }
    await withNodes(
      async () => [
        await openNode('n2', ports[1] as number, [], { identity }),
        await openNode('n1', ports[0] as number, [], keeper),
      ],
      async (removed, keeping) => {
        await refusedBoth(removed as SwarmNode, keeping as SwarmNode)
        assert.deepEqual(saved, [[]])
      },
    )
  })

  it('2.2 answers a stranger with its versions and nothing that follows from the secret', () =>
    withNodes(
      () => openCluster(1),
      async (node) => {
        const { dht } = await openEndpoint(HOST, 0, [])
        const caller = new Caller(dht)
        try {
          const keys = raftKeys(createIdentity().seed)
          const at = [(node as SwarmNode).links.address]
          const lane = await caller.call(doorKeys().publicKey, keys, at)
          assert.ok(lane)
          lane.say(
            encodeHello({
              protocol: 'plasma link',
              minVersion: 1,
              maxVersion: 1,
              purpose: 'door',
              proofs: [new Uint8Array(32)],
            }),
          )
          assert.deepEqual(decodeHello(await lane.next()).proofs, [])
          await assert.rejects(lane.next(), 'it hangs up')
        } finally {
          await dht.destroy({ force: true })
        }
      },
    ))

  it('2.2 hangs up on nonsense', () =>
    withNodes(
      () => openCluster(1),
      async (node) => {
        const { dht } = await openEndpoint(HOST, 0, [])
        const caller = new Caller(dht)
        try {
          const { links, options } = node as SwarmNode
          const key = Buffer.from(options.identity.publicKey, 'hex')
          const keys = raftKeys(createIdentity().seed)
          const lane = await caller.call(key, keys, [links.address])
          assert.ok(lane)
          lane.say(Uint8Array.of(0xc1, 1, 2, 3))
          await assert.rejects(lane.next())
        } finally {
          await dht.destroy({ force: true })
        }
      },
    ))
})
