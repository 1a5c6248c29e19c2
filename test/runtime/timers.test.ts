/** Deadlines, timers and questions by themselves. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Asks } from '../../src/runtime/asks.ts'
import { type Deadline, Deadlines } from '../../src/runtime/deadlines.ts'
import { Fifo } from '../../src/runtime/fifo.ts'
import { RestartWindow } from '../../src/runtime/restart-window.ts'
import { type Timer, type TimerOwner, Timers } from '../../src/runtime/timers.ts'

test('R-17 deadlines come due as a sorted list of them would, whatever is cancelled', () => {
  const step = fc.oneof(
    fc.record({ add: fc.nat(50) }),
    fc.record({ cancel: fc.nat(400) }),
    fc.record({ due: fc.nat(60) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1000, size: 'max' }), (steps) => {
      const heap = new Deadlines<Deadline & { order: number }>()
      let model: (Deadline & { order: number })[] = []
      let order = 0
      for (const it of steps) {
        if ('add' in it) {
          const item = { at: it.add, order: order++, live: true }
          heap.add(item)
          model.push(item)
        } else if ('cancel' in it) {
          const item = model[it.cancel]
          if (item === undefined) continue
          heap.cancel(item)
          model = model.filter((other) => other !== item)
        } else {
          const sorted = model.toSorted((a, b) => a.at - b.at || a.order - b.order)
          assert.equal(heap.nextAt(), sorted[0]?.at)
          const first = sorted.find((item) => item.at <= it.due)
          assert.equal(heap.due(it.due), first)
          model = model.filter((other) => other !== first)
        }
        assert.equal(heap.size, model.length)
      }
    }),
    { numRuns: 30 },
  )
})

class Owner implements TimerOwner {
  readonly timers = new Map<string, Timer>()
}

test('R-17 a timer replaces its namesake; one cancelled after it came due is not delivered', () => {
  const timers = new Timers<Owner>()
  const owner = new Owner()
  timers.set(owner, 'tick', 10)
  timers.set(owner, 'tick', 20)
  assert.equal(timers.nextAt(), 20)
  assert.equal(timers.due(19), undefined)
  const due = timers.due(20)
  assert.equal(due?.timer.live, true)
  timers.cancel(owner, 'tick')
  assert.equal(due?.timer.live, false)
  assert.equal(timers.nextAt(), undefined)
})

test('R-17 a timer set again after it came due lives on its own', () => {
  const timers = new Timers<Owner>()
  const owner = new Owner()
  timers.set(owner, 'tick', 10)
  const first = timers.due(10)
  timers.set(owner, 'tick', 30)
  assert.equal(first?.timer.live, false)
  assert.equal(timers.due(30)?.timer.live, true)
})

test('R-16 a question is closed once: by its answer or its deadline, for its own life alone', () => {
  const asks = new Asks<string>()
  const ask = asks.open('me', 7, 'tag', 100)
  assert.equal(asks.close(ask.id, 6), undefined)
  assert.equal(asks.close(ask.id, undefined), undefined)
  assert.equal(asks.close(ask.id, 7)?.tag, 'tag')
  assert.equal(asks.close(ask.id, 7), undefined)
  assert.equal(asks.due(1000), undefined)
  const late = asks.open('me', 7, 'late', 200)
  assert.equal(asks.due(199), undefined)
  assert.equal(asks.due(200), late)
  assert.equal(asks.close(late.id, 7), undefined)
  assert.equal(asks.size, 0)
})

test('R-16 a life that ends closes its own questions and no others', () => {
  const asks = new Asks<string>()
  asks.open('a', 1, '', 5)
  const other = asks.open('b', 1, '', 6)
  asks.forget('a')
  assert.equal(asks.size, 1)
  assert.equal(asks.due(10), other)
})

test('R-13 the delay doubles up to its bound', () => {
  const window = new RestartWindow({ delayMs: 10, maxDelayMs: 50, intensity: 5, periodMs: 1000 })
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((nowMs) => window.next(nowMs)),
    [10, 20, 40, 50, 50],
  )
})

test('R-14 too many throws within a period fail; spread wider they do not', () => {
  const policy = { delayMs: 10, maxDelayMs: 50, intensity: 2, periodMs: 1000 }
  const quick = new RestartWindow(policy)
  assert.deepEqual(
    [0, 500, 999].map((nowMs) => quick.next(nowMs)),
    [10, 20, 'failed'],
  )
  const slow = new RestartWindow(policy)
  assert.deepEqual(
    [0, 500, 1000, 1501].map((nowMs) => slow.next(nowMs)),
    [10, 20, 20, 20],
  )
})

test('a fifo is an array that forgets its front', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 4000, size: 'max' }),
      (steps) => {
        const fifo = new Fifo<number>()
        const model: number[] = []
        for (const it of steps) {
          if (it === undefined) assert.equal(fifo.shift(), model.shift())
          else if (it % 7 === 0) {
            fifo.unshift(it)
            model.unshift(it)
          } else {
            fifo.push(it)
            model.push(it)
          }
          assert.equal(fifo.size, model.length)
          assert.equal(fifo.peek(), model[0])
        }
        assert.deepEqual(
          fifo.remove((it) => it % 2 === 0),
          model.filter((it) => it % 2 !== 0),
        )
        assert.equal(fifo.size, model.filter((it) => it % 2 === 0).length)
      },
    ),
    { numRuns: 20 },
  )
})
