/** When a node gives up because nobody takes it. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { nodeName } from '../../src/base/ids.ts'
import type { Refusal } from '../../src/net/swarm/swarm-options.ts'
import { Unwelcome } from '../../src/node/unwelcome.ts'

const from = (port: number, more: Partial<Refusal> = {}): Refusal => ({
  cause: 'secret',
  reason: 'no secret in common',
  called: true,
  byPeer: false,
  address: { host: '127.0.0.1', port },
  ...more,
})

interface Case {
  readonly node: Unwelcome
  readonly reasons: string[]
  /** Resolves when the time of grace is over. */
  later(): Promise<void>
}

function unwelcome(): Case {
  const reasons: string[] = []
  const node = new Unwelcome(2, (reason) => reasons.push(reason), 1)
  return { node, reasons, later: () => setTimeout(10) }
}

describe('an unwelcome node', () => {
  it('gives up once most of the others have refused it', async () => {
    const { node, reasons, later } = unwelcome()
    node.refused(from(1))
    node.refused(from(2))
    assert.deepEqual(reasons, [], 'not at once: a link may be under way')
    await later()
    assert.equal(reasons.length, 1)
    assert.match(reasons[0] ?? '', /^cluster\.secret is not the secret .*no secret in common/)
  })

  it('goes on when one of two has refused it, however often', async () => {
    const { node, reasons, later } = unwelcome()
    for (let i = 0; i < 5; i++) node.refused(from(1))
    await later()
    assert.deepEqual(reasons, [])
  })

  it('goes on when a link came up, before or after', async () => {
    const { node, reasons, later } = unwelcome()
    node.refused(from(1))
    node.refused(from(2))
    node.accepted()
    node.refused(from(2))
    await later()
    assert.deepEqual(reasons, [])
  })

  it('counts a refused identity only where it is its own', async () => {
    const { node, reasons, later } = unwelcome()
    for (const name of ['n2', 'n3']) {
      node.refused(from(1, { cause: 'identity', name: nodeName(name) }))
    }
    await later()
    assert.deepEqual(reasons, [])
  })
})
