/** The audits find what they are there to find: each broken state is flagged by its number. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerId } from '../../../src/base/ids.ts'
import { auditMachine } from '../../../src/core/raft/audit.ts'
import type { Core } from '../../../src/core/raft/core.ts'
import { GroupAudit } from '../../../src/core/raft/group-audit.ts'
import { configurationOf, Network, textBytes } from './network.ts'

function leading(): Network {
  const network = new Network([1, 2, 3])
  network.elect(1)
  for (const text of ['a', 'b', 'c']) network.propose(1, text)
  network.settle()
  return network
}

const BREAKS: Record<string, (core: Core) => void> = {
  'RAFT-I1': (core) => {
    core.applied = core.commit + 1
  },
  'RAFT-I2': (core) => {
    core.durability.persisted = core.log.lastIndex + 1
  },
  'RAFT-I3': (core) => {
    core.durability.persisted = 1
  },
  'RAFT-I4': (core) => {
    core.term = 0
  },
  'RAFT-I5': (core) => {
    core.applied = 0
    core.log.evict(4, 0)
  },
  'RAFT-I6': (core) => {
    core.role = 'follower'
  },
  'RAFT-I7': (core) => {
    core.vote = peerId(2)
  },
  'RAFT-I8': (core) => {
    core.configurations.append(3, configurationOf([7, 8, 9]))
  },
  'RAFT-I9': (core) => {
    core.leadership?.progress.delete(peerId(2))
  },
  'RAFT-I10': (core) => {
    const progress = core.leadership?.progress.get(peerId(2))
    if (progress) progress.match = 99
  },
  'RAFT-I11': (core) => {
    core.leadership?.reads.begin(core.commit + 5)
  },
  'RAFT-I12': (core) => {
    core.quiescent = true
    core.leadership?.reads.wait({ at: 'here', token: 1 })
  },
}

for (const [number, breakIt] of Object.entries(BREAKS)) {
  test(`${number} is found when it is broken`, () => {
    const { machine } = leading().peer(1)
    assert.deepEqual(auditMachine(machine), [])
    breakIt(machine.core)
    const broken = auditMachine(machine)
    assert.ok(
      broken.some((line) => line.startsWith(`${number}:`)),
      broken.join('\n'),
    )
  })
}

/** Watches a healthy group from the start, then one peer after something impossible. */
function observed(breakIt: (network: Network) => number): string {
  const network = leading()
  const audit = new GroupAudit()
  for (const peer of network.all) assert.deepEqual(audit.observe(peer.machine), [])
  const id = breakIt(network)
  return audit.observe(network.peer(id).machine).join('\n')
}

test('R1: two leaders of one term', () => {
  const broken = observed((network) => {
    const { core } = network.peer(2).machine
    core.role = 'leader'
    return 2
  })
  assert.match(broken, /R1: peers 1 and 2 both led term 1/)
})

test('R2: a leader that changes its own log', () => {
  const broken = observed((network) => {
    const { log } = network.peer(1).machine.core
    log.truncateFrom(log.lastIndex)
    return 1
  })
  assert.match(broken, /R2: leader 1/)
})

const entry = (index: number, term: number, text: string) =>
  ({ index, term, kind: 'data', data: textBytes(text) }) as const

/** A peer that has not been looked at before, with another entry where all have `a`. */
function impostor(): string {
  const network = leading()
  const audit = new GroupAudit()
  audit.observe(network.peer(1).machine)
  const { core } = network.peer(2).machine
  core.log.truncateFrom(2)
  core.log.append(entry(2, 1, 'other'))
  for (const index of [3, 4]) core.log.append(entry(index, 1, index === 3 ? 'b' : 'c'))
  return audit.observe(network.peer(2).machine).join('\n')
}

test('R3: two logs with an entry of the same index and term, and another one before it', () => {
  assert.match(impostor(), /R3: peer 2 has another log up to index 4, term 1/)
})

test('R3: a log that was committed and cut between two looks is still the same log', () => {
  const network = new Network([1, 2, 3], { catchUpEntries: 0 })
  const leader = network.elect(1)
  const audit = new GroupAudit()
  network.propose(1, 'a')
  assert.deepEqual(audit.observe(leader.machine), [])
  network.settle()
  leader.step({ type: 'compact', index: 2 })
  network.propose(1, 'b')
  network.settle()
  for (const peer of network.all) assert.deepEqual(audit.observe(peer.machine), [])
})

test('R5: a log that was cut where nobody had an entry', () => {
  const broken = observed((network) => {
    network.peer(2).machine.core.log.reset(9, 1)
    return 2
  })
  assert.match(broken, /R5: nobody had what peer 2 cut at 9, term 1/)
})

test('R5: two peers that commit different entries', () => {
  assert.match(impostor(), /R5: peer 2 committed another log up to index 2/)
})

test('R4: a leader without what was committed', () => {
  const broken = observed((network) => {
    const { core } = network.peer(2).machine
    core.log.truncateFrom(3)
    core.term = 2
    core.role = 'leader'
    return 2
  })
  assert.match(broken, /R4: leader 2 lacks/)
})

test('R6: a term, a vote or a commit that goes back', () => {
  const back = observed((network) => {
    network.peer(2).machine.core.commit = 1
    return 2
  })
  assert.match(back, /R6: the commit of peer 2 went back/)
  const revoted = observed((network) => {
    network.peer(2).machine.core.vote = peerId(3)
    return 2
  })
  assert.match(revoted, /R6: peer 2 changed its vote/)
})
