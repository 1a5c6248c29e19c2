/** How nodes find each other, lose each other and come back: docs/links.md, parts 1 and 4. */

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import { createIdentity } from '../../src/net/swarm/identity.ts'
import type { RememberedPeer } from '../../src/net/swarm/swarm-options.ts'
import { freePorts } from '../support/ports.ts'
import { healAfterPartition } from './partition.ts'
import {
  allConnected,
  HOST,
  openCluster,
  openNode,
  type SwarmNode,
  withNodes,
} from './swarm-world.ts'

const N1 = 'n1' as NodeName
const N2 = 'n2' as NodeName

describe('meeting', () => {
  it('1.2 makes a full mesh of nodes that know only addresses', () =>
    withNodes(
      () => openCluster(3),
      async (...nodes) => allConnected(nodes),
    ))

  it('1.3 finds members that are at no bootstrap address', async () => {
    const [port = 0] = await freePorts(1)
    await withNodes(
      () => Promise.all(['n1', 'n2', 'n3'].map((n, i) => openNode(n, i ? 0 : port, [port]))),
      async (...nodes) => allConnected(nodes),
    )
  })

  it('1.4 comes back by what it remembers, without any bootstrap address', async () => {
    let remembered: readonly RememberedPeer[] = []
    const identity = createIdentity()
    const [here = 0, there = 0] = await freePorts(2)
    const save = (peers: readonly RememberedPeer[]): void => {
      remembered = peers
    }
    const first = { identity, remembered: { known: [], save } }
    await withNodes(
      async () => [await openNode('n2', there, [])],
      async (other) => {
        const node = await openNode('n1', here, [there], first)
        await allConnected([node, other as SwarmNode])
        await node.links.close()
        await other?.ear.silent(N1)
        assert.deepEqual(
          remembered.map(({ name, host, port }) => ({ name, host, port })),
          [{ name: N2, host: HOST, port: there }],
        )
        const second = { identity, remembered: { known: remembered, save } }
        await withNodes(
          async () => [await openNode('n1', here, [], second)],
          async (again) => allConnected([again as SwarmNode, other as SwarmNode]),
        )
      },
    )
  })

  it('1.1 says which port is taken', async () => {
    await withNodes(
      () => openCluster(1),
      async (holder) => {
        const port = holder?.links.address.port as number
        await assert.rejects(openNode('n2', port, []), {
          message: `UDP port ${HOST}:${port} is taken by another process; end it, or set another links.port`,
        })
      },
    )
  })

  it('1.1 says when the host is not of this machine', async () => {
    await assert.rejects(
      openNode('n1', 1234, [], { host: '192.0.2.1' }),
      /192\.0\.2\.1 is no address of this machine/,
    )
  })

  it('4.2 replaces the link of a peer that restarted, at once', async () => {
    const ports = await freePorts(2)
    const identity = createIdentity()
    const open = () => openNode('n2', ports[1] as number, ports, { identity })
    await withNodes(
      async () => [await openNode('n1', ports[0] as number, ports)],
      async (node) => {
        for (let life = 1; life <= 3; life++) {
          const peer = await open()
          await allConnected([node as SwarmNode, peer])
          await peer.links.close()
          await node?.ear.silent(N2)
        }
      },
    )
  })
})

describe('loss and return', { concurrency: true }, () => {
  it('4.3 reconnects within five seconds of a healed partition', () =>
    withNodes(
      () => openCluster(2),
      async (a, b) => {
        await allConnected([a as SwarmNode, b as SwarmNode])
        for (let i = 0; i < 2; i++) {
          const ms = await healAfterPartition(a as SwarmNode, b as SwarmNode, 100 + 700 * i)
          assert.ok(ms < 5_000, `took ${ms} ms`)
        }
      },
    ))

  it('4.2 does not spin with a peer that is rejected each time', () =>
    withNodes(
      () => openCluster(2),
      async (a, b) => {
        await a?.ear.connected(N2)
        const began = performance.now()
        for (let returns = 0; returns < 4; returns++) {
          a?.links.reject(N2, 'as always')
          await a?.ear.connected(N2)
        }
        const ms = performance.now() - began
        assert.ok(ms >= 1_000, `came back four times in ${ms} ms`)
        assert.equal(b?.ear.frames.length, 0)
      },
    ))

  it('4.1 gives up a peer that stands still, and comes back when it moves on', () =>
    withChild(async (node, child) => {
      child.kill('SIGSTOP')
      const stopped = performance.now()
      await node.ear.silent(N2)
      assert.ok(performance.now() - stopped <= 3_000)
      child.kill('SIGCONT')
      const moving = performance.now()
      await node.ear.connected(N2)
      assert.ok(performance.now() - moving <= 5_000)
    }))

  it('4.1 notices within three seconds that a peer was killed', () =>
    withChild(async (node, child) => {
      child.kill('SIGKILL')
      const killed = performance.now()
      await node.ear.silent(N2)
      const ms = performance.now() - killed
      assert.ok(ms <= 3_000, `noticed after ${ms} ms`)
    }))
})

describe('lanes', () => {
  it('3.6 lets consensus pass while bulk is waiting', () =>
    withNodes(
      () => openCluster(2),
      async (a, b) => {
        await allConnected([a as SwarmNode, b as SwarmNode])
        let bulk = 0
        while (a?.links.send(N2, 'bulk', new Uint8Array(256 * 1024))) bulk++
        assert.ok(bulk > 8)
        assert.ok(a?.links.send(N2, 'raft', Uint8Array.of(1)))
        await b?.ear.until(() => b.ear.frames.length === bulk + 1, 'all frames')
        const place = b?.ear.frames.findIndex(({ lane }) => lane === 'raft') ?? bulk
        assert.ok(place < bulk / 2, `consensus came after ${place} of ${bulk} bulk frames`)
      },
    ))
})

/** A node here, connected to n2 in a process of its own, which does not survive. */
async function withChild(body: (node: SwarmNode, child: ChildProcess) => Promise<void>) {
  const ports = await freePorts(2)
  const child = fork(new URL('./peer-process.ts', import.meta.url), ports.map(String))
  try {
    await withNodes(
      async () => [await openNode('n1', ports[0] as number, ports)],
      async (node) => {
        await node?.ear.connected(N2)
        await body(node as SwarmNode, child)
      },
    )
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}
