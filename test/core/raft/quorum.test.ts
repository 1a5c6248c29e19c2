/**
 * Quorum arithmetic against a version so naive that it must be right: try every subset of voters.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PeerId, peerId } from '../../../src/base/ids.ts'
import { quorumsMeet } from '../../../src/core/raft/audit.ts'
import { EMPTY_CONFIGURATION } from '../../../src/core/raft/configuration.ts'
import { isQuorum, quorumValue, tallyVotes } from '../../../src/core/raft/quorum.ts'
import type { Configuration } from '../../../src/core/raft/types.ts'

const peers = (min: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: 6 }).map(peerId), { minLength: min, maxLength: 5 })

const configurations: fc.Arbitrary<Configuration> = fc
  .tuple(peers(1), peers(0))
  .map(([voters, outgoing]) => ({ ...EMPTY_CONFIGURATION, voters, outgoing }))

function subsets(items: readonly PeerId[]): PeerId[][] {
  const all: PeerId[][] = [[]]
  for (const item of items) all.push(...all.map((set) => [...set, item]))
  return all
}

const naiveQuorum = (c: Configuration, set: readonly PeerId[]): boolean =>
  [c.voters, c.outgoing].every((half) => {
    const present = half.filter((peer) => set.includes(peer)).length
    return half.length === 0 || present * 2 > half.length
  })

const everyone = (c: Configuration): PeerId[] => [...new Set([...c.voters, ...c.outgoing])]

test('a set is a quorum when it holds more than half of each half', () => {
  fc.assert(
    fc.property(configurations, (c) => {
      for (const set of subsets(everyone(c))) {
        assert.equal(
          isQuorum(c, (peer) => set.includes(peer)),
          naiveQuorum(c, set),
        )
      }
    }),
  )
})

test('the quorum value is the highest that some quorum has wholly reached', () => {
  fc.assert(
    fc.property(
      configurations,
      fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
      (c, values) => {
        const reached = (peer: PeerId) => values[peer] as number
        const quorums = subsets(everyone(c)).filter((set) => naiveQuorum(c, set))
        const best = Math.max(...quorums.map((set) => Math.min(...set.map(reached))))
        assert.equal(quorumValue(c, reached), best)
      },
    ),
  )
})

test('an election is won with a quorum, lost when none can be had, and open otherwise', () => {
  const votes = fc.array(fc.option(fc.boolean(), { nil: undefined }), {
    minLength: 7,
    maxLength: 7,
  })
  fc.assert(
    fc.property(configurations, votes, (c, cast) => {
      const with_ = (counts: (vote: boolean | undefined) => boolean) =>
        naiveQuorum(
          c,
          everyone(c).filter((peer) => counts(cast[peer])),
        )
      const won = with_((vote) => vote === true)
      const open = with_((vote) => vote !== false)
      const expected = won ? 'won' : open ? 'pending' : 'lost'
      assert.equal(
        tallyVotes(c, (peer) => cast[peer]),
        expected,
      )
    }),
  )
})

test('configurations whose quorums are said to meet have no two disjoint ones', () => {
  fc.assert(
    fc.property(configurations, configurations, (a, b) => {
      const quorumsOf = (c: Configuration) =>
        subsets(everyone(c)).filter((set) => naiveQuorum(c, set))
      const meet = quorumsOf(a).every((one) =>
        quorumsOf(b).every((two) => one.some((peer) => two.includes(peer))),
      )
      if (quorumsMeet(a, b)) assert.ok(meet)
    }),
    { numRuns: 50 },
  )
})
