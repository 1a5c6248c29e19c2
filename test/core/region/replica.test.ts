import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY } from '../../../src/base/bytes.ts'
import { nodeName, peerId } from '../../../src/base/ids.ts'
import type { Configuration } from '../../../src/core/raft/types.ts'
import type { RegionEntry, SplitEntry } from '../../../src/core/region/entry.ts'
import { checkEpoch, type EpochUse } from '../../../src/core/region/epoch.ts'
import { RegionReplica } from '../../../src/core/region/replica.ts'
import { splitProblem } from '../../../src/core/region/split.ts'
import {
  type FoundRow,
  type RegionPeer,
  regionId,
  timestamp,
} from '../../../src/core/region/types.ts'
import { mutation, prewrite, put, scan, write } from './commands.ts'
import { bytesOf, Disk, descriptorOf, metaOf, Oracle, RegionBed, textOf } from './region-bed.ts'

const peerAt = (id: number, role: RegionPeer['role'] = 'voter'): RegionPeer => ({
  peer: peerId(id),
  store: nodeName(`n${id % 10}`),
  incarnation: `of ${id}`,
  role,
})

const splitOf = (change: Partial<SplitEntry> = {}): SplitEntry => ({
  type: 'split',
  epoch: { version: 1, confVer: 1 },
  driverEpoch: 0,
  keys: [bytesOf('g'), bytesOf('p')],
  children: [
    { region: regionId(20), peers: [peerId(201)] },
    { region: regionId(21), peers: [peerId(211)] },
  ],
  sizes: [
    { rows: 2, bytes: 100 },
    { rows: 1, bytes: 50 },
  ],
  ...change,
})

const configuration = (change: Partial<Configuration>): Configuration => ({
  voters: [],
  outgoing: [],
  learners: [],
  autoLeave: false,
  ...change,
})

describe("A region's epoch", () => {
  const current = { version: 5, confVer: 5 }
  const table: readonly (readonly [EpochUse, checksVersion: boolean, checksConfVer: boolean])[] = [
    ['data', true, false],
    ['peers', false, true],
    ['split', true, true],
    ['none', false, false],
  ]

  for (const [use, version, confVer] of table) {
    it(`is checked for ${use}: each number by itself`, () => {
      assert.equal(checkEpoch(current, current, use), 'ok')
      for (const [asked, checked] of [
        [{ version: 4, confVer: 5 }, version],
        [{ version: 5, confVer: 4 }, confVer],
      ] as const) {
        assert.equal(checkEpoch(current, asked, use), checked ? 'stale' : 'ok')
      }
      const ahead = checkEpoch(current, { version: 6, confVer: 6 }, use)
      assert.equal(ahead, use === 'none' ? 'ok' : 'ahead')
      const mixed = checkEpoch(current, { version: 6, confVer: 4 }, use)
      assert.equal(mixed, confVer ? 'stale' : use === 'none' ? 'ok' : 'ahead')
    })
  }
})

describe('A replica', () => {
  it('changes nothing by an entry that came too late, but counts it', () => {
    const bed = new RegionBed()
    bed.result(write([put('a', '1')]))
    const before = { ...bed.replica.meta(), appliedIndex: 0, appliedTerm: 0 }
    const late: RegionEntry[] = [
      splitOf({ epoch: { version: 0, confVer: 1 } }),
      splitOf({ epoch: { version: 1, confVer: 0 } }),
      { type: 'announce', epoch: { version: 1, confVer: 0 }, driverEpoch: 0, peer: peerAt(9) },
    ]
    const index = bed.replica.appliedIndex
    for (const entry of late) assert.equal(bed.apply(entry), 'epoch')
    assert.deepEqual({ ...bed.replica.meta(), appliedIndex: 0, appliedTerm: 0 }, before)
    assert.equal(bed.replica.appliedIndex, index + late.length)
  })

  it('refuses writes that were proposed before a split was applied', () => {
    const bed = new RegionBed()
    const ticket = bed.submit(write([put('a', '1'), put('z', '1')]))
    bed.apply(splitOf())
    bed.settle()
    const outcome = bed.outcomes.get(ticket)
    assert.ok(outcome?.type === 'refused' && outcome.refusal.reason === 'epoch')
    assert.equal(bed.disk.versions().length, 0)
    const elsewhere = bed.run(write([put('a', '1')]))
    assert.ok(elsewhere.type === 'refused' && elsewhere.refusal.reason === 'epoch')
  })

  it('obeys no driver older than the newest it heard', () => {
    const bed = new RegionBed()
    assert.equal(bed.apply({ type: 'driver', driverEpoch: 7 }), 'done')
    const epoch = { version: 1, confVer: 1 }
    const announce = { type: 'announce', epoch, driverEpoch: 6, peer: peerAt(9) } as const
    assert.equal(bed.apply(announce), 'driver')
    assert.equal(bed.apply(splitOf({ driverEpoch: 6 })), 'driver')
    assert.equal(bed.apply({ ...announce, driverEpoch: 7 }), 'done')
    assert.equal(bed.apply(splitOf()), 'done', 'what it wants itself needs no driver')
    assert.equal(bed.replica.driverEpoch, 7)
  })

  it('has the peers that the configuration has, as they were announced', () => {
    const replica = new RegionReplica(
      metaOf(descriptorOf({ peers: [peerAt(1), peerAt(2)] })),
      [],
      [],
    )
    let index = 5
    const at = () => ({ index: ++index, term: 6 })
    const epoch = { version: 1, confVer: 1 }
    const announce = {
      type: 'announce',
      epoch,
      driverEpoch: 0,
      peer: peerAt(13, 'learner'),
    } as const
    assert.equal(replica.apply(at(), announce).outcome, 'done')
    assert.equal(replica.descriptor.epoch.confVer, 1, 'it is no member yet')
    const steps: [Configuration, string][] = [
      [configuration({ voters: [1, 2].map(peerId), learners: [peerId(13)] }), '1v 2v 13l'],
      [configuration({ voters: [1, 13].map(peerId), outgoing: [1, 2].map(peerId) }), '1v 2v 13v'],
      [configuration({ voters: [1, 13].map(peerId), learners: [peerId(2)] }), '1v 2l 13v'],
      [configuration({ voters: [1, 13].map(peerId) }), '1v 13v'],
    ]
    for (const [i, [next, peers]] of steps.entries()) {
      assert.deepEqual(replica.configured(at(), next).structure, { type: 'peers' })
      const told = replica.descriptor.peers.map(({ peer, role }) => `${peer}${role[0]}`)
      assert.equal(told.join(' '), peers)
      assert.equal(replica.descriptor.epoch.confVer, i + 2)
    }
    const last = (steps.at(-1) as (typeof steps)[0])[0]
    assert.equal(replica.configured(at(), last).structure, undefined, 'the same again is no change')
    assert.deepEqual(replica.descriptor.peers[1], peerAt(13))
    assert.equal(replica.announced.length, 0)
    const stranger = configuration({ voters: [1, 99].map(peerId) })
    assert.throws(() => replica.configured(at(), stranger), /peer 99 was announced/)
  })

  it('goes on from what it wrote down', () => {
    const bed = new RegionBed()
    const mark = { session: timestamp(5n), sequence: 1, answeredBelow: 0 }
    const first = bed.result(write([put('a', '1')], mark))
    bed.result(prewrite(bed.oracle.draw(), 'b', [mutation('b', '1')]))
    const { meta, sessions } = bed.replica.takeChanges()
    const locks = [...collectLocks(bed.replica)]
    const again = new RegionReplica(meta, sessions.changed, locks)
    assert.deepEqual(again.meta(), bed.replica.meta())
    assert.deepEqual(again.sessions.records(), bed.replica.sessions.records())
    assert.deepEqual([...collectLocks(again)], locks)
    const revived = new RegionBed(bed.replica.descriptor, bed.disk, bed.oracle, again)
    assert.deepEqual(revived.result(write([put('a', '1')], mark)), first)
  })

  it('applies entries one after another, and none twice', () => {
    const { replica } = new RegionBed()
    assert.throws(() => replica.skip({ index: 7, term: 6 }), /7 came where 6 was due/)
  })
})

describe('A split', () => {
  it('leaves every row where a reader of its part finds it', () => {
    const oracle = new Oracle()
    const disk = new Disk()
    const parent = new RegionBed(descriptorOf(), disk, oracle)
    for (const key of ['a', 'f', 'g', 'k', 'p', 'q', 'z']) parent.result(write([put(key, key)]))
    const mark = { session: timestamp(5n), sequence: 1, answeredBelow: 0 }
    const marked = parent.result(write([put('h', 'once')], mark))
    parent.result(prewrite(oracle.draw(), 'b', [mutation('b', '1'), mutation('y', '1')]))
    const sizeBefore = parent.replica.size
    const at = { index: parent.replica.appliedIndex + 1, term: 6 }
    const { structure } = parent.replica.apply(at, splitOf())
    assert.ok(structure?.type === 'split')

    const ranges = [...structure.children.map(({ state }) => state), parent.replica.meta()]
    assert.deepEqual(
      ranges.map(({ descriptor: { id, from, to, epoch } }) => [
        id,
        textOf(from),
        textOf(to),
        epoch.version,
      ]),
      [
        [20, '', 'g', 3],
        [21, 'g', 'p', 3],
        [7, 'p', '', 3],
      ],
    )
    assert.equal(parent.replica.size.bytes, sizeBefore.bytes - 150)
    assert.equal(parent.replica.locks.size, 1, 'the others belong to the children')

    const children = structure.children.map(({ state, sessions, configuration: { voters } }) => {
      assert.equal(state.appliedIndex, 5)
      assert.deepEqual(
        voters,
        state.descriptor.peers.map(({ peer }) => peer),
      )
      const replica = new RegionReplica(state, sessions, [])
      return new RegionBed(state.descriptor, disk, oracle, replica)
    })
    const found: FoundRow[] = []
    for (const bed of [...children, parent]) {
      const { from, to } = bed.replica.descriptor
      const answer = bed.read(scan(undefined, bed === parent ? { from, to: bytesOf('x') } : {}))
      assert.ok(answer.op === 'scan' && to !== from)
      found.push(...answer.rows)
    }
    assert.deepEqual(
      found.map(({ key }) => textOf(key)),
      ['a', 'f', 'g', 'h', 'k', 'p', 'q', 'z'].filter((key) => key < 'x'),
    )
    const [, middle] = children
    assert.deepEqual(
      middle?.result(write([put('h', 'once')], mark)),
      marked,
      'a write that comes again',
    )
  })

  it('is refused with a reason where it cannot be', () => {
    const parent = descriptorOf({ from: bytesOf('c'), to: bytesOf('x') })
    const problems: [Partial<SplitEntry>, RegExp | undefined][] = [
      [{}, undefined],
      [{ keys: [] }, /no key/],
      [{ keys: [bytesOf('c'), bytesOf('d')] }, /must ascend, from inside/],
      [{ keys: [bytesOf('g'), bytesOf('g')] }, /must ascend/],
      [{ keys: [bytesOf('g'), bytesOf('x')] }, /outside/],
      [{ keys: [bytesOf('a'), bytesOf('g')] }, /outside/],
      [{ keys: [bytesOf('g')] }, /1 keys make as many/],
      [
        { children: [{ region: regionId(1), peers: [] }, splitOf().children[0]!] },
        /region 1 needs/,
      ],
    ]
    for (const [change, expected] of problems) {
      const problem = splitProblem(parent, splitOf(change))
      if (expected === undefined) assert.equal(problem, undefined)
      else assert.match(problem ?? 'no problem', expected)
    }
  })
})

function* collectLocks(replica: RegionReplica) {
  const found: unknown[] = []
  replica.locks.walk({ from: EMPTY, to: EMPTY }, (lock) => found.push(lock) > 0)
  yield* found as Parameters<RegionReplica['locks']['put']>[0][]
}
