/** The steps of a move, as a table: what is ordered when the region stands so. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY } from '../../../src/base/bytes.ts'
import { nodeName, peerId } from '../../../src/base/ids.ts'
import { nextStep, type Standing } from '../../../src/core/placement/step.ts'
import { namespaceId, regionId } from '../../../src/core/region/types.ts'

const add = { peer: peerId(4), store: nodeName('n4'), incarnation: 'n4-1' }
const base = { region: regionId(1), rule: 'drain', reason: '', sinceMs: 0 }
const moves = {
  replace: { ...base, add, remove: peerId(1) },
  more: { ...base, add, remove: undefined },
  less: { ...base, add: undefined, remove: peerId(1) },
}

/** `1v 2v 4l`: voters 1 and 2, learner 4; the first leads unless said otherwise. */
function standing(peers: string, more: Partial<Standing> = {}): Standing {
  const list = peers.split(' ').map((text) => {
    const id = Number(text[0])
    const role = text[1] === 'v' ? ('voter' as const) : ('learner' as const)
    return { peer: peerId(id), store: nodeName(`n${id}`), incarnation: `n${id}-1`, role }
  })
  return {
    descriptor: {
      id: regionId(1),
      namespace: namespaceId(1),
      from: EMPTY,
      to: EMPTY,
      epoch: { version: 1, confVer: 1 },
      peers: list,
    },
    leader: nodeName('n2'),
    joint: false,
    caughtUp: list.map(({ peer }) => peer),
    ...more,
  }
}

const order = (it: object) => ({ step: 'order', order: it })
const away = { leader: nodeName('n1') }

const TABLE: readonly [keyof typeof moves, Standing, object][] = [
  ['replace', standing('1v 2v 3v'), order({ order: 'add-learner', ...add })],
  [
    'replace',
    standing('1v 2v 3v 4l', { caughtUp: [peerId(2)] }),
    { step: 'wait', why: 'the learner on n4 catches up' },
  ],
  ['replace', standing('1v 2v 3v 4l'), order({ order: 'switch', promote: [4], demote: [1] })],
  ['replace', standing('1v 2v 3v 4l', away), order({ order: 'transfer', to: 2 })],
  [
    'replace',
    standing('1v 2v 3v 4l', { joint: true }),
    { step: 'wait', why: 'the joint configuration is being left' },
  ],
  ['replace', standing('1l 2v 3v 4v'), order({ order: 'remove', peer: 1 })],
  ['replace', standing('2v 3v 4v'), { step: 'done' }],
  ['replace', standing('2v 3v'), { step: 'done' }],
  ['replace', standing('1v 4l', away), order({ order: 'switch', promote: [4], demote: [] })],
  ['replace', standing('1v 4v', away), order({ order: 'transfer', to: 4 })],
  ['more', standing('2v'), order({ order: 'add-learner', ...add })],
  ['more', standing('2v 4l'), order({ order: 'switch', promote: [4], demote: [] })],
  ['more', standing('2v 4v'), { step: 'done' }],
  ['less', standing('1v 2v'), order({ order: 'switch', promote: [], demote: [1] })],
  ['less', standing('1v 2v', away), order({ order: 'transfer', to: 2 })],
  [
    'less',
    standing('1v 2v', { ...away, caughtUp: [] }),
    { step: 'wait', why: 'no other voter has caught up to lead' },
  ],
  ['less', standing('1l 2v'), order({ order: 'remove', peer: 1 })],
  ['less', standing('2v'), { step: 'done' }],
]

for (const [move, stands, expected] of TABLE) {
  const peers = stands.descriptor.peers.map(({ peer, role }) => `${peer}${role[0]}`).join(' ')
  const then = JSON.stringify(expected)
  test(`${move} over ${peers}, led by ${stands.leader}${stands.joint ? ', joint' : ''}: ${then}`, () => {
    assert.deepEqual(nextStep(moves[move], stands), expected)
  })
}
