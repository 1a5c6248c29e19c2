/** The lease clock under any order of inputs, against what was promised to whom. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LeaseClock, type LeaseEffect } from '../../../src/core/lease/clock.ts'

const id = fc.integer({ min: 1, max: 6 }).map(BigInt)
const step = fc.oneof(
  fc.record({ do: fc.constant('grant' as const), id, ttl: fc.constantFrom(2, 5, 400, 400) }),
  fc.record({ do: fc.constant('keep-alive' as const), id }),
  fc.record({ do: fc.constant('apply-revoke' as const) }),
  fc.record({ do: fc.constant('client-revoke' as const), id }),
  fc.record({ do: fc.constant('fail-revoke' as const) }),
  fc.record({ do: fc.constant('apply-checkpoint' as const) }),
  fc.record({ do: fc.constant('demote' as const) }),
  fc.record({ do: fc.constant('promote' as const) }),
)
const timed = fc.tuple(fc.constantFrom(0, 100, 500, 1000, 3000, 150_000), step)

test('LEASE-I4..I7: nothing is revoked before what was promised is over, and everybody is answered', () => {
  fc.assert(
    fc.property(fc.array(timed, { maxLength: 120, size: 'max' }), (steps) => {
      const world = new World()
      for (const [wait, each] of steps) {
        world.pass(wait)
        world.do(each)
        world.clock.audit()
      }
      world.settle()
    }),
    { numRuns: 400 },
  )
})

test('LEASE-I5 a renewal whose checkpoint clears too late is not granted', () => {
  const world = new World()
  world.do({ do: 'grant', id: 3n, ttl: 400 })
  world.pass(300_000)
  world.do({ do: 'keep-alive', id: 3n })
  world.pass(450_000)
  for (let i = 0; i < 3; i++) world.do({ do: 'apply-checkpoint' })
  assert.equal(world.waiting.size, 1)
  world.do({ do: 'apply-revoke' })
  assert.equal(world.waiting.size, 0)
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What the log, the clients and the clock of the world would know. */
class World {
  readonly clock = new LeaseClock({ electionTimeoutMs: 1000 })
  now = 0
  term = 1
  readonly granted = new Map<bigint, number>()
  /** Until when a client was told its lease lives. */
  readonly promised = new Map<bigint, number>()
  readonly waiting = new Map<number, bigint>()
  revokes: bigint[] = []
  checkpoints: (readonly [bigint, number])[] = []
  #ticket = 0

  constructor() {
    this.clock.promote(1, 0)
  }

  pass(ms: number): void {
    const until = this.now + ms
    while (this.now < until) {
      this.now = Math.min(until, this.now + 500)
      this.take(this.clock.tick(this.now))
    }
  }

  do(each: Step): void {
    const { clock, now } = this
    if (each.do === 'grant' && !this.granted.has(each.id)) {
      this.granted.set(each.id, each.ttl)
      this.promised.set(each.id, now + each.ttl * 1000)
      clock.granted({ id: each.id, granted: 1, ttl: each.ttl, remaining: 0 }, now)
    } else if (each.do === 'keep-alive') {
      const ticket = ++this.#ticket
      this.waiting.set(ticket, each.id)
      this.take(clock.keepAlive(each.id, ticket, now))
    } else if (each.do === 'apply-revoke') {
      const first = this.revokes.shift()
      if (first !== undefined) this.#revoked(first)
    } else if (each.do === 'client-revoke' && this.granted.has(each.id)) {
      this.#revoked(each.id)
    } else if (each.do === 'fail-revoke') {
      const first = this.revokes.shift()
      if (first !== undefined) this.take(clock.revokeFailed(first, now))
    } else if (each.do === 'apply-checkpoint') {
      const first = this.checkpoints.shift()
      if (first !== undefined) this.take(clock.checkpointed(...first))
    } else if (each.do === 'demote') {
      this.#depose()
      this.take(clock.demote())
    } else if (each.do === 'promote') {
      this.#depose()
      this.take(clock.promote(++this.term, now))
    }
  }

  take(effects: readonly LeaseEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'revoke') {
        assert(this.now >= (this.promised.get(effect.id) ?? 0), 'LEASE-I4: revoked too early')
        assert.equal(effect.term, this.clock.term)
        if (!this.revokes.includes(effect.id)) this.revokes.push(effect.id)
      } else if (effect.type === 'checkpoint') {
        for (const { id, seconds } of effect.remaining) this.checkpoints.push([id, seconds])
      } else {
        this.#answered(effect.ticket, effect.ttl)
      }
    }
  }

  /** With a leader and a log that works, all keep-alives are answered and all leases end. */
  settle(): void {
    this.#depose()
    this.take(this.clock.promote(++this.term, this.now))
    for (let i = 0; i < 4000 && this.granted.size > 0; i++) {
      this.pass(500)
      for (const each of this.checkpoints.splice(0)) this.take(this.clock.checkpointed(...each))
      for (const each of this.revokes.splice(0)) this.#revoked(each)
    }
    assert.deepEqual([this.granted.size, this.waiting.size, this.clock.size], [0, 0, 0])
  }

  #answered(ticket: number, ttl: number | undefined): void {
    const lease = this.waiting.get(ticket)
    assert(lease !== undefined, 'a keep-alive answered twice')
    this.waiting.delete(ticket)
    if (ttl === undefined) return
    assert(ttl !== 0 || !this.granted.has(lease), 'a living lease reported gone')
    if (ttl === 0) return
    assert.equal(ttl, this.granted.get(lease))
    assert(!this.revokes.includes(lease), 'LEASE-I5: a lease renewed after its revoke was proposed')
    if (this.clock.timeToLive(lease, this.now) !== undefined) {
      const left = (this.clock.timeToLive(lease, this.now)?.ttl ?? 0) * 1000
      this.promised.set(lease, Math.max(this.promised.get(lease) ?? 0, this.now + left))
    }
  }

  #revoked(lease: bigint): void {
    if (!this.granted.delete(lease)) return
    this.promised.delete(lease)
    this.revokes = this.revokes.filter((each) => each !== lease)
    // What was proposed for this lease stood before its revoke in the log.
    this.checkpoints = this.checkpoints.filter(([each]) => each !== lease)
    this.take(this.clock.revoked(lease, this.now))
  }

  /** What a deposed leader proposed and nobody committed is gone. */
  #depose(): void {
    this.revokes = []
    this.checkpoints = []
  }
}
