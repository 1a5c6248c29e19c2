/**
 * Random schedules: every order of messages, landings, crashes and changes, audited after each
 * step.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerId } from '../../../src/base/ids.ts'
import type { RaftMark } from '../../../src/core/raft/types.ts'
import { Network, textBytes } from './network.ts'
import type { Peer } from './peer.ts'

const SEEDS = Number(process.env.RAFT_FUZZ_SEEDS ?? 300)
const FIRST = Number(process.env.RAFT_FUZZ_FIRST ?? 1)
const STEPS = 2500

const CONFIG = {
  maxInflight: 4,
  maxAppendBytes: 200,
  tailBytes: 400,
  maxApplyEntries: 3,
  promoteLag: 10,
}

test('random schedules keep every promise, and the group recovers once it is healed', () => {
  const marks = new Set<RaftMark>()
  let applied = 0
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const run = new Fuzz(seed)
    try {
      run.play()
      run.recover()
    } catch (error) {
      throw new Error(`seed ${seed}, step ${run.step}: ${run.last}`, { cause: error })
    }
    for (const peer of run.network.all) for (const mark of peer.marks) marks.add(mark)
    applied += run.network.peer(1).state.length
  }
  assert.ok(applied > SEEDS * 20, `${applied} entries applied`)
  if (SEEDS >= 300) assert.equal(marks.size, 9, `only ${[...marks].join(', ')}`)
})

class Fuzz {
  readonly network: Network
  step = 0
  last = ''
  #random: number
  #written = 0
  #token = 0
  readonly #floors = new Map<number, number>()

  constructor(seed: number) {
    this.#random = Math.imul(seed, 0x9e3779b1) >>> 0 || 1
    this.network = new Network([1, 2, 3], {
      ...CONFIG,
      catchUpEntries: seed % 2 === 0 ? 5 : 0,
      seed: seed * 31,
    })
    this.network.newcomer(4)
    this.network.newcomer(5)
  }

  #below(bound: number): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0
    let x = Math.imul(this.#random ^ (this.#random >>> 15), this.#random | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % bound
  }

  play(): void {
    for (this.step = 0; this.step < STEPS; this.step++) {
      this.#act()
      this.#checkReads()
    }
  }

  #act(): void {
    const { network } = this
    const peer = network.peer(1 + this.#below(5))
    const up = !network.down.has(peer.id)
    const dice = this.#below(1000)
    this.last = `dice ${dice} at peer ${peer.id}`
    if (dice < 560) this.#move()
    else if (dice < 760) up && peer.land()
    else if (dice < 850) up && peer.step({ type: 'tick' })
    else if (dice < 920) this.#propose(peer)
    else if (dice < 945) up && this.#read(peer)
    else if (dice < 955) this.#crashOrRestart(peer)
    else if (dice < 963) this.#cutOrHeal(peer)
    else if (dice < 973) peer.step({ type: 'compact', index: peer.status.applied })
    else if (dice < 993) this.#change(peer)
    else if (dice < 996) this.#transfer(peer)
    else
      peer.step({
        type: this.#below(2) ? 'peer-down' : 'peer-up',
        peer: peerId(1 + this.#below(5)),
      })
  }

  /** Delivers, loses or doubles one of the parcels; the older, the likelier. */
  #move(): void {
    const { parcels } = this.network
    if (parcels.length === 0) return
    const place = this.#below(1 + this.#below(Math.min(parcels.length, 8)))
    const fate = this.#below(40)
    if (fate === 0) parcels.splice(place, 1)
    else if (fate === 1) this.network.hand(parcels[place] as (typeof parcels)[number])
    else this.network.deliver(place)
  }

  #propose(peer: Peer): void {
    const at = this.network.leader ?? peer
    if (this.network.down.has(at.id)) return
    const count = 1 + this.#below(4)
    for (let i = 0; i < count; i++) at.machine.propose(textBytes(`w${++this.#written}`))
    at.turn()
  }

  #read(peer: Peer): void {
    const token = ++this.#token
    this.#floors.set(token, Math.max(...this.network.all.map((each) => each.status.commit)))
    peer.step({ type: 'read-index', token })
  }

  /** R9: a read sees all that was committed when it was asked for. */
  #checkReads(): void {
    for (const peer of this.network.all) {
      for (const { token, index } of peer.reads.splice(0)) {
        if (index === undefined) continue
        const floor = this.#floors.get(token) as number
        assert.ok(index >= floor, `R9: a read at ${index} missed what was committed at ${floor}`)
      }
    }
  }

  #crashOrRestart(peer: Peer): void {
    const { network } = this
    if (network.down.has(peer.id)) network.restart(peer.id)
    else if (network.down.size < 2) network.crash(peer.id)
  }

  #cutOrHeal(peer: Peer): void {
    const { network } = this
    const fate = this.#below(3)
    if (fate === 0) network.isolate(peer.id)
    else if (fate === 1) network.cut.add(`${peer.id}>${1 + this.#below(5)}`)
    else network.heal()
  }

  #change(peer: Peer): void {
    const at = this.network.leader ?? peer
    if (this.network.down.has(at.id)) return
    const types = ['add-voter', 'add-learner', 'remove'] as const
    const first = this.#below(5)
    const steps = Array.from({ length: 1 + this.#below(3) }, (_, i) => ({
      type: types[this.#below(3)] as (typeof types)[number],
      peer: peerId(1 + ((first + i) % 5)),
    }))
    const leave = this.#below(4) === 0
    const explicitLeave = this.#below(4) === 0
    at.machine.change(leave ? { type: 'leave-joint' } : { type: 'change', steps, explicitLeave })
    at.turn()
  }

  #transfer(peer: Peer): void {
    const at = this.network.leader ?? peer
    if (this.network.down.has(at.id)) return
    at.machine.transfer(peerId(1 + this.#below(5)))
    at.turn()
  }

  /** Everything works again: a leader is found, takes a write, and every member gets it. */
  recover(): void {
    const { network } = this
    network.heal()
    for (const id of [...network.down]) network.restart(id)
    for (const peer of network.all) {
      for (let id = 1; id <= 5; id++) peer.step({ type: 'peer-up', peer: peerId(id) })
      peer.step({ type: 'wake' })
    }
    network.settle()
    for (let i = 0; i < 200 && !network.leader; i++) network.pass()
    for (let i = 0; i < 60; i++) network.pass()
    const before = network.leader
    assert.ok(before, 'a leader is found')
    const outcome = network.propose(before.id, 'last')
    assert.ok(outcome.ok, `a write is taken: ${JSON.stringify(outcome)}`)
    for (let i = 0; i < 60; i++) network.pass()
    this.#checkReads()
    const { configuration } = (network.leader as Peer).status
    for (const id of [...configuration.voters, ...configuration.learners]) {
      assert.equal(network.peer(id).state.join(), before.state.join(), `peer ${id} has it all`)
    }
    assert.ok(before.state.includes('last'))
  }
}
