import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseRecord } from '../../../src/core/kv/applied.ts'
import { LeaseClock, type LeaseEffect } from '../../../src/core/lease/clock.ts'
import { spreadDeadlines } from '../../../src/core/lease/spread.ts'

const lease = (id: bigint, ttl: number, remaining = 0): LeaseRecord => ({
  id,
  granted: 40,
  ttl,
  remaining,
})

function primary(...leases: LeaseRecord[]): LeaseClock {
  const clock = new LeaseClock({ electionTimeoutMs: 1000 })
  clock.promote(5, 0)
  for (const each of leases) clock.granted(each, 0)
  return clock
}

const revokes = (effects: readonly LeaseEffect[]) =>
  effects.flatMap((e) => (e.type === 'revoke' ? [e.id] : []))

function many(count: number, ttl: number): LeaseRecord[] {
  return Array.from({ length: count }, (_, i) => lease(BigInt(i + 1), ttl))
}

test('L3 a keep-alive starts the granted time anew; an unknown lease is TTL 0', () => {
  const clock = primary(lease(1n, 10))
  assert.deepEqual(clock.keepAlive(1n, 7, 9000), [{ type: 'renewed', ticket: 7, ttl: 10 }])
  assert.deepEqual(revokes(clock.tick(18_999)), [])
  assert.deepEqual(clock.tick(19_000), [{ type: 'revoke', id: 1n, term: 5, granted: 40 }])
  assert.deepEqual(clock.keepAlive(2n, 8, 0), [{ type: 'renewed', ticket: 8, ttl: 0 }])
  clock.audit()
})

test('L4 what is left, in whole seconds, never below 0; undefined for an unknown lease', () => {
  const clock = primary(lease(1n, 10))
  assert.deepEqual(clock.timeToLive(1n, 100), { ttl: 9, grantedTtl: 10 })
  assert.deepEqual(clock.timeToLive(1n, 99_999), { ttl: 0, grantedTtl: 10 })
  assert.equal(clock.timeToLive(2n, 0), undefined)
})

test('L5 leases are listed by expiry', () => {
  const clock = primary(lease(1n, 30), lease(2n, 10), lease(3n, 20))
  assert.deepEqual(clock.ids(), [2n, 3n, 1n])
  clock.keepAlive(2n, 1, 9999)
  clock.keepAlive(3n, 1, 19_999)
  assert.deepEqual(clock.ids(), [2n, 1n, 3n])
})

test('L6 only a primary counts time; a new one gives everybody the full TTL and an election', () => {
  const clock = new LeaseClock({ electionTimeoutMs: 1000 })
  clock.load([lease(1n, 10)], 0)
  assert.deepEqual(clock.tick(1_000_000), [])
  assert.deepEqual(clock.keepAlive(1n, 3, 0), [{ type: 'renewed', ticket: 3, ttl: undefined }])
  clock.promote(6, 1_000_000)
  assert.deepEqual(revokes(clock.tick(1_010_999)), [])
  assert.deepEqual(clock.tick(1_011_000), [{ type: 'revoke', id: 1n, term: 6, granted: 40 }])
})

test('L6 a thousand leases due at once are spread to 750 a second, never earlier', () => {
  const spread = spreadDeadlines(Array.from({ length: 3000 }, () => 5000))
  for (const [i, deadline] of spread.entries()) {
    assert(deadline >= 5000)
    if (i >= 750) assert(deadline - (spread[i - 750] as number) >= 1000)
  }
  assert.equal(spread.at(-1), 8000)
  const few = Array.from({ length: 999 }, () => 5000)
  assert.deepEqual(spreadDeadlines(few), few)
  const clock = new LeaseClock({ electionTimeoutMs: 0 })
  clock.load(many(1500, 10), 0)
  clock.promote(5, 0)
  assert.deepEqual(clock.timeToLive(1n, 0)?.ttl, 10)
  assert.deepEqual(clock.timeToLive(1500n, 0)?.ttl, 11)
})

test('L7 at most 16 revokes are out, at most 500 a tick', () => {
  const clock = primary(...many(1200, 1))
  let out = revokes(clock.tick(2000))
  let proposed = out.length
  while (out.length > 0) {
    assert(out.length <= 16)
    const [id, ...rest] = out
    const more = revokes(clock.revoked(id as bigint, 2000))
    proposed += more.length
    out = [...rest, ...more]
    clock.audit()
  }
  assert.equal(proposed, 500)
  assert.equal(revokes(clock.tick(2500)).length, 16)
})

test('L7 a revoke without an outcome is proposed again after 3 s', () => {
  const clock = primary(lease(1n, 1))
  assert.deepEqual(revokes(clock.tick(1000)), [1n])
  assert.deepEqual(revokes(clock.tick(3999)), [])
  assert.deepEqual(revokes(clock.tick(4000)), [1n])
  clock.audit()
})

test('L7 a revoke that failed makes room, and is tried again after 3 s', () => {
  const clock = primary(...many(17, 1))
  assert.equal(revokes(clock.tick(1000)).length, 16)
  const freed = revokes(clock.revokeFailed(1n, 1500))
  assert.deepEqual(freed.length, 1)
  assert.deepEqual(revokes(clock.tick(3999)), [])
  for (let id = 2n; id <= 17n; id++) clock.revoked(id, 4000)
  assert.deepEqual(revokes(clock.tick(4499)), [])
  assert.deepEqual(revokes(clock.tick(4500)), [1n])
  clock.audit()
})

test('L8 a keep-alive of a lease whose time is over waits for its revoke and gets TTL 0', () => {
  const clock = primary(lease(1n, 1))
  assert.deepEqual(clock.keepAlive(1n, 1, 1000), [])
  clock.tick(1000)
  assert.deepEqual(clock.keepAlive(1n, 2, 1001), [])
  assert.deepEqual(clock.revoked(1n, 1100), [
    { type: 'renewed', ticket: 1, ttl: 0 },
    { type: 'renewed', ticket: 2, ttl: 0 },
  ])
})

test('L8 who waits at a deposed expirer is sent elsewhere', () => {
  const clock = primary(lease(1n, 1))
  clock.keepAlive(1n, 1, 1000)
  assert.deepEqual(clock.demote(), [{ type: 'renewed', ticket: 1, ttl: undefined }])
  assert.deepEqual(clock.tick(9999), [])
  clock.audit()
})

test('L9 long leases are checkpointed every 5 minutes, short ones never', () => {
  const clock = primary(lease(1n, 600), lease(2n, 300))
  assert.deepEqual(revokes(clock.tick(299_999)), [])
  const effects = clock.tick(300_000)
  assert.deepEqual(
    effects.filter((e) => e.type === 'checkpoint'),
    [{ type: 'checkpoint', term: 5, remaining: [{ id: 1n, granted: 40, seconds: 300 }] }],
  )
  assert.deepEqual(
    clock.tick(599_999).filter((e) => e.type === 'checkpoint'),
    [],
  )
})

test('L9 at most a thousand leases in one checkpoint', () => {
  const clock = primary(...many(2500, 900))
  const sizes = clock
    .tick(300_000)
    .flatMap((e) => (e.type === 'checkpoint' ? [e.remaining.length] : []))
  assert.deepEqual(sizes, [1000, 1000, 500])
})

test('L9 a new primary goes on from the checkpoint', () => {
  const clock = new LeaseClock({ electionTimeoutMs: 1000 })
  clock.load([lease(1n, 600, 200)], 0)
  clock.promote(5, 0)
  assert.deepEqual(revokes(clock.tick(200_999)), [])
  assert.deepEqual(revokes(clock.tick(201_000)), [1n])
})

test('L9 a renewal is answered only when its checkpoint is cleared, lest it be forgotten', () => {
  const clock = primary(lease(1n, 600))
  clock.tick(300_000)
  const clear = [{ type: 'checkpoint', term: 5, remaining: [{ id: 1n, granted: 40, seconds: 0 }] }]
  assert.deepEqual(clock.keepAlive(1n, 1, 300_001), clear)
  assert.deepEqual(clock.checkpointed(1n, 300), [])
  assert.deepEqual(clock.keepAlive(1n, 2, 300_002), clear)
  assert.deepEqual(clock.checkpointed(1n, 0), [
    { type: 'renewed', ticket: 1, ttl: 600 },
    { type: 'renewed', ticket: 2, ttl: 600 },
  ])
  assert.deepEqual(clock.keepAlive(1n, 3, 300_003), [{ type: 'renewed', ticket: 3, ttl: 600 }])
})

test('a lease of an id that was revoked and granted again has its own time', () => {
  const clock = primary(lease(1n, 2))
  clock.revoked(1n, 500)
  clock.granted(lease(1n, 10), 500)
  assert.deepEqual(revokes(clock.tick(3000)), [])
  assert.deepEqual(revokes(clock.tick(10_500)), [1n])
  clock.audit()
})
