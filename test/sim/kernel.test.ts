import assert from 'node:assert/strict'
import { it } from 'node:test'
import { NodeClock } from '../../sim/world/clock.ts'
import { Kernel } from '../../sim/world/kernel.ts'
import { Randomness } from '../../sim/world/random.ts'

const label = { node: 'n1', kind: 'test' }
const kernelOf = (seed: number): Kernel => new Kernel(new Randomness(seed).stream('sched', ''))
const runAll = (kernel: Kernel): void => {
  while (kernel.step(Number.MAX_SAFE_INTEGER));
}

function orderOf(seed: number, times: readonly number[]): { order: number[]; hash: string } {
  const kernel = kernelOf(seed)
  const order: number[] = []
  times.forEach((time, i) => {
    kernel.at(time, { ...label, digest: i }, () => order.push(i))
  })
  runAll(kernel)
  return { order, hash: kernel.hash }
}

it('runs events by time, and those of one instant in an order that the seed draws', () => {
  const times = Array.from({ length: 200 }, (_, i) => (i * 37) % 50)
  const { order } = orderOf(1, times)
  for (let i = 1; i < order.length; i++) {
    assert.ok((times[order[i - 1]!] as number) <= (times[order[i]!] as number))
  }
  assert.notDeepEqual(order, orderOf(2, times).order)
})

it('gives the same hash for the same seed, another for another', () => {
  const times = Array.from({ length: 100 }, () => 5)
  assert.equal(orderOf(7, times).hash, orderOf(7, times).hash)
  assert.notEqual(orderOf(7, times).hash, orderOf(8, times).hash)
})

it('does not run what was cancelled, nor what lies beyond the limit', () => {
  const kernel = kernelOf(1)
  const ran: string[] = []
  const event = kernel.at(5, label, () => ran.push('cancelled'))
  kernel.at(6, label, () => ran.push('due'))
  kernel.at(60, label, () => ran.push('later'))
  kernel.cancel(event)
  while (kernel.step(10));
  assert.deepEqual(ran, ['due'])
})

it('a stream does not move when another is drawn from', () => {
  const draws = (others: number): number[] => {
    const randomness = new Randomness(11)
    const other = randomness.stream('net', 'n1>n2')
    const stream = randomness.stream('disk', 'n1')
    return Array.from({ length: 20 }, () => {
      for (let i = 0; i < others; i++) other.word()
      return stream.below(1000)
    })
  }
  assert.deepEqual(draws(0), draws(3))
})

it('draws evenly', () => {
  const stream = new Randomness(5).stream('net', 'n1')
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) counts[stream.below(10)]!++
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, counts.join())
})

it('a fast clock reaches its time early, a jump moves the date alone', () => {
  const kernel = kernelOf(1)
  const clock = new NodeClock(kernel, { driftPpm: 100_000, skewMs: 500 }, 0)
  const due = clock.trueTimeUs(1100)
  assert.equal(due, 1_000_000)
  kernel.at(due, label, () => {})
  runAll(kernel)
  assert.equal(clock.monotonicMs(), 1100)
  const wall = clock.wallMs()
  clock.jump(-5000)
  assert.equal(clock.wallMs(), wall - 5000)
  assert.equal(clock.monotonicMs(), 1100)
})
