/** Compactions of a shard: one at a time, and what waits is joined. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Compactions } from '../../src/runtime/compactions.ts'
import type { Done, KeyRange } from '../../src/storage/store.ts'

describe('compactions', () => {
  const range = (from: number, to: number): KeyRange => ({
    from: Uint8Array.of(from),
    to: Uint8Array.of(to),
  })
  const shown = ({ from, to }: KeyRange): string => `${from[0]}-${to[0]}`

  it('run one at a time; those of one actor that wait are joined, those of others are not', () => {
    const asked: string[] = []
    const running: Done<void>[] = []
    const compactions = new Compactions<string>({
      compact(wanted, done) {
        asked.push(shown(wanted))
        running.push(done)
      },
      failed: (error) => assert.fail(error),
    })
    compactions.ask('a', range(1, 2))
    compactions.ask('a', range(2, 3))
    compactions.ask('b', range(50, 60))
    compactions.ask('a', range(4, 5))
    assert.deepEqual(asked, ['1-2'])
    running[0]?.(undefined)
    assert.deepEqual(asked, ['1-2', '2-5'])
    compactions.ask('a', range(5, 6))
    running[1]?.(undefined)
    running[2]?.(undefined)
    running[3]?.(undefined)
    assert.deepEqual(asked, ['1-2', '2-5', '50-60', '5-6'])
  })

  it('tell a failure', () => {
    const told: string[] = []
    const compactions = new Compactions<string>({
      compact: (_range, done) => done(new Error('no disk')),
      failed: ({ message }) => told.push(message),
    })
    compactions.ask('a', range(1, 2))
    assert.deepEqual(told, ['no disk'])
  })
})
