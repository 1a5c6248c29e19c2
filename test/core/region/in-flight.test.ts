import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InFlight } from '../../../src/core/region/evaluate/in-flight.ts'
import { Latches } from '../../../src/core/region/evaluate/latches.ts'
import { timestamp } from '../../../src/core/region/types.ts'

describe('What is in flight', () => {
  it('has a lowest timestamp, whatever is applied or was not taken', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), commit: fc.integer({ min: 1, max: 20 }) }),
      fc.constant({ type: 'applied' as const }),
      fc.record({ type: fc.constant('dropped' as const), at: fc.nat() }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const inFlight = new InFlight()
        const naive: [ticket: number, commit: number][] = []
        for (const [ticket, it] of steps.entries()) {
          if (it.type === 'add') {
            inFlight.add(ticket, timestamp(BigInt(it.commit)))
            naive.push([ticket, it.commit])
          } else if (naive.length > 0) {
            const at = it.type === 'applied' ? 0 : it.at % naive.length
            const [gone] = naive.splice(at, 1)
            inFlight.remove(gone?.[0] as number)
          }
          const lowest = Math.min(...naive.map(([, commit]) => commit))
          const expected = naive.length === 0 ? undefined : BigInt(lowest)
          assert.equal(inFlight.lowest(), expected)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('Latches', () => {
  it('are held by one at a time, in the order of arrival, and nobody waits for ever', () => {
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
    const arrivals = fc.array(fc.record({ keys, gone: fc.nat() }), { maxLength: 30 })
    fc.assert(
      fc.property(arrivals, (all) => {
        const latches = new Latches<{ texts: string[]; blocked: number; at: number }>()
        const holding = new Set<{ texts: string[]; blocked: number; at: number }>()
        const waiting = new Set<{ texts: string[]; blocked: number; at: number }>()
        const release = (holder: { texts: string[]; blocked: number; at: number }) => {
          holding.delete(holder)
          waiting.delete(holder)
          for (const next of latches.release(holder)) {
            assert.ok(waiting.delete(next))
            for (const other of waiting) {
              const shared = other.texts.some((text) => next.texts.includes(text))
              assert.ok(!shared || other.at > next.at, 'whoever came first goes first')
            }
            holding.add(next)
          }
          latches.audit()
        }
        for (const [at, { keys: texts, gone }] of all.entries()) {
          const holder = { texts, blocked: 0, at }
          const set = latches.acquire(holder) ? holding : waiting
          set.add(holder)
          const held = [...holding].flatMap((it) => it.texts)
          assert.equal(new Set(held).size, held.length, 'no key has two holders')
          // Some finish, and some give up while they wait.
          const some = gone % 3 === 0 ? [...waiting] : gone % 3 === 1 ? [...holding] : []
          const one = some[gone % Math.max(1, some.length)]
          if (one !== undefined) release(one)
        }
        while (holding.size > 0) release([...holding][0] as never)
        assert.equal(waiting.size, 0)
        assert.equal(latches.longestQueue(['a', 'b', 'c', 'd']), 0)
      }),
      { numRuns: 300 },
    )
  })
})
