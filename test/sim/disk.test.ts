import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SimDisk } from '../../sim/world/disk.ts'
import { Kernel } from '../../sim/world/kernel.ts'
import { Randomness } from '../../sim/world/random.ts'
import type { StoreOp } from '../../src/storage/store.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'

/** A kernel that runs by itself, so that the contract's promises come true. */
function selfRunning(kernel: Kernel): () => void {
  let running = true
  const turn = (): void => {
    if (!running) return
    for (let i = 0; i < 100 && kernel.step(Number.MAX_SAFE_INTEGER); i++);
    setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    running = false
  }
}

function openOn(kernel: Kernel, disk: SimDisk, stop: () => void): StoreUnderTest {
  const { store, close } = disk.open()
  return {
    store,
    reopen: async () => {
      close()
      return openOn(kernel, disk, stop)
    },
    close: async () => {
      close()
      stop()
    },
  }
}

storeContract('the simulated disk', async () => {
  const { kernel, disk } = world(1)
  return openOn(kernel, disk, selfRunning(kernel))
})

function world(seed: number, apart = false): { kernel: Kernel; disk: SimDisk } {
  const randomness = new Randomness(seed)
  const kernel = new Kernel(randomness.stream('sched', ''))
  return { kernel, disk: new SimDisk(kernel, randomness.stream('disk', 'n1'), 'n1', apart) }
}

const put = (key: string, value: string): StoreOp => ({
  type: 'put',
  key: new TextEncoder().encode(key),
  value: new TextEncoder().encode(value),
})
const has = (disk: SimDisk, key: string): boolean =>
  disk.rows.get(new TextEncoder().encode(key)) !== undefined

it('a crash keeps what landed, and of what had not a prefix of whole batches', () => {
  const found = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const { kernel, disk } = world(seed)
    const { store, close } = disk.open()
    let landed = 0
    for (let i = 0; i < 12; i++) {
      store.commit([put(`a${i}`, ''), put(`b${i}`, '')], () => {
        landed++
      })
    }
    const steps = seed % 6
    for (let i = 0; i < steps; i++) kernel.step(Number.MAX_SAFE_INTEGER)
    const toldBefore = landed
    close()
    while (kernel.step(Number.MAX_SAFE_INTEGER));
    assert.equal(landed, toldBefore, 'a dead process hears nothing')
    const kept = Array.from({ length: 12 }, (_, i) => has(disk, `a${i}`))
    assert.deepEqual(
      kept,
      Array.from({ length: 12 }, (_, i) => has(disk, `b${i}`)),
    )
    const first = kept.indexOf(false)
    assert.ok(first === -1 || !kept.slice(first).includes(true), 'no batch after a lost one')
    assert.ok(kept.filter(Boolean).length >= toldBefore, 'what was told to be landed is there')
    found.add(String(kept.filter(Boolean).length))
  }
  assert.ok(found.size > 3, `crashes differ: ${[...found].join()}`)
})

it('apart, a crash may keep the log of a batch and lose its data, never the other way round', () => {
  let torn = 0
  for (let seed = 0; seed < 100; seed++) {
    const { kernel, disk } = world(seed, true)
    const { store, close } = disk.open()
    store.commit([put('gx\0l1', ''), put('gx\0r1', '')], () => {})
    kernel.at(1, { node: 'n1', kind: 'test' }, () => {})
    kernel.step(1)
    close()
    const log = has(disk, 'gx\0l1')
    const data = has(disk, 'gx\0r1')
    assert.ok(log || !data)
    if (log && !data) torn++
  }
  assert.ok(torn > 5, `${torn} of 100 crashes fell between log and data`)
})

it('a full disk fails the batch and writes nothing of it', () => {
  const { kernel, disk } = world(3)
  disk.freeBytes = 0
  let failure: Error | undefined
  disk.open().store.commit([put('a', '1')], (error) => {
    failure = error
  })
  while (kernel.step(Number.MAX_SAFE_INTEGER));
  assert.match(String(failure), /ENOSPC/)
  assert.equal(has(disk, 'a'), false)
})
