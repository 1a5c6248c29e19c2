import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Lock,
  namespaceId,
  type RegionResult,
  timestamp,
} from '../../../src/core/region/types.ts'
import { TxnCommit } from '../../../src/core/txn/commit.ts'
import { lockPauseMs, lockTtlMs } from '../../../src/core/txn/patience.ts'
import type { TxnAnswer, TxnAsk, TxnMutation, TxnOutcome } from '../../../src/core/txn/types.ts'
import { bytesOf, textOf } from '../region/region-bed.ts'

const START = timestamp(100n)
const STAMP = timestamp(200n)

type Asked = Exclude<TxnAsk, { type: 'end' }>
type Reply = (ask: Asked) => TxnAnswer | undefined

const mutationOf = (key: string, bytes = 1): TxnMutation => ({
  namespace: namespaceId(key < 'm' ? 1 : 2),
  key: bytesOf(key),
  action: 'put',
  value: new Uint8Array(bytes),
})

const result = (it: RegionResult): TxnAnswer => ({ type: 'result', result: it })
const PREWRITTEN = result({ op: 'prewritten', committed: undefined })

/** A world in which all goes well: one region for each namespace. */
const well: Reply = (ask) => {
  switch (ask.type) {
    case 'group': {
      const parts = [1, 2].map((id) => ask.mutations.filter(({ namespace }) => namespace === id))
      return { type: 'grouped', parts: parts.filter(({ length }) => length > 0) }
    }
    case 'stamp':
      return { type: 'stamp', stamp: STAMP }
    case 'clear':
      return { type: 'cleared', wait: true }
    case 'pause':
      return { type: 'paused' }
    case 'command': {
      const { command } = ask
      if (command.op === 'prewrite') {
        return result({ op: 'prewritten', committed: command.onePhase ? STAMP : undefined })
      }
      return result({ op: command.op === 'commit' ? 'committed' : 'rolled-back' })
    }
  }
}

/** What was asked, in a few words, and how it ended. */
function commit(keys: readonly string[], reply: Reply): { asked: string[]; outcome: TxnOutcome } {
  const machine = new TxnCommit({
    start: START,
    elapsedMs: 0,
    mutations: keys.map((key) => mutationOf(key)),
  })
  const asked: string[] = []
  const outcomes: TxnOutcome[] = []
  for (let asks = machine.take(); asks.length > 0; asks = machine.take()) {
    for (const ask of asks) {
      if (ask.type === 'end') {
        outcomes.push(ask.outcome)
        continue
      }
      asked.push(wordsOf(ask))
      const answer = reply(ask) ?? well(ask)
      assert.ok(answer)
      machine.answer(ask.ask, answer)
    }
  }
  assert.equal(outcomes.length, 1, 'it ends once')
  return { asked, outcome: outcomes[0] as TxnOutcome }
}

function wordsOf(ask: Asked): string {
  if (ask.type !== 'command') return ask.type
  const phase = ask.command.op === 'prewrite' && ask.command.onePhase ? 'one-phase' : ask.command.op
  return `${phase} ${ask.keys.map(textOf).join('')}`
}

/** To commands of this kind, this often. */
function to(op: string, answers: readonly TxnAnswer[]): Reply {
  const left = [...answers]
  return (ask) => (ask.type === 'command' && ask.command.op === op ? left.shift() : undefined)
}

const lockOf = (key: string): Lock => ({
  key: bytesOf(key),
  primary: bytesOf(key),
  primaryNamespace: namespaceId(1),
  start: timestamp(50n),
  ttlMs: 3000,
})

describe('Committing a transaction', () => {
  it('takes one phase in one region', () => {
    const { asked, outcome } = commit(['a', 'b'], () => undefined)
    assert.deepEqual(asked, ['group', 'one-phase ab'])
    assert.deepEqual(outcome, { type: 'committed', at: STAMP })
  })

  it('locks the primary first, and commits it first', () => {
    const { asked, outcome } = commit(['x', 'a', 'y', 'b'], () => undefined)
    assert.deepEqual(asked, [
      'group',
      'prewrite xy',
      'prewrite ab',
      'stamp',
      'commit xy',
      'commit ab',
    ])
    assert.deepEqual(outcome, { type: 'committed', at: STAMP })
  })

  it('puts the primary first among the keys of its commit', () => {
    const { asked } = commit(['y', 'x', 'a'], (ask) =>
      ask.type === 'group'
        ? { type: 'grouped', parts: [[mutationOf('a')], [mutationOf('x'), mutationOf('y')]] }
        : undefined,
    )
    assert.ok(asked.includes('commit yx'))
  })

  it('takes back what it locked before it says that it was aborted', () => {
    const conflict: RegionResult = {
      op: 'conflict',
      key: bytesOf('a'),
      reason: 'newer-version',
      version: timestamp(150n),
    }
    const { asked, outcome } = commit(['x', 'a'], to('prewrite', [PREWRITTEN, result(conflict)]))
    assert.deepEqual(asked, ['group', 'prewrite x', 'prewrite a', 'rollback x'])
    assert.ok(outcome.type === 'aborted' && outcome.reason === 'conflict' && outcome.again)
    assert.deepEqual(outcome.key, bytesOf('a'))
  })

  it('takes back what may be locked, too', () => {
    const { asked, outcome } = commit(['x', 'a'], to('prewrite', [PREWRITTEN, { type: 'unknown' }]))
    assert.deepEqual(asked.slice(3), ['rollback x', 'rollback a'])
    assert.ok(outcome.type === 'aborted', 'without a commit it is certain')
  })

  it('is undetermined when the commit of the primary is not answered, and takes nothing back', () => {
    const { asked, outcome } = commit(['x', 'a'], to('commit', [{ type: 'unknown' }]))
    assert.equal(asked.at(-1), 'commit x')
    assert.deepEqual(outcome, { type: 'undetermined' })
  })

  it('is undetermined when its one phase is not answered', () => {
    const { outcome } = commit(['a'], to('prewrite', [{ type: 'unknown' }]))
    assert.deepEqual(outcome, { type: 'undetermined' })
    const moved = commit(['a', 'b'], (ask) => {
      if (ask.type === 'command') return { type: 'moved' }
      return ask.type === 'group' && ask.ask > 1 ? { type: 'failed', text: 'no route' } : undefined
    })
    assert.deepEqual(moved.outcome, { type: 'undetermined' })
  })

  it('is committed when a first arrival of its words turns out to have been', () => {
    const earlier = result({ op: 'prewritten', committed: timestamp(170n) })
    const { asked, outcome } = commit(['x', 'a'], to('prewrite', [earlier]))
    assert.deepEqual(outcome, { type: 'committed', at: timestamp(170n) })
    assert.deepEqual(asked, ['group', 'prewrite x'])
  })

  it('draws another timestamp when readers have pushed it up', () => {
    const low: RegionResult = {
      op: 'conflict',
      key: bytesOf('x'),
      reason: 'commit-too-low',
      version: timestamp(300n),
    }
    const { asked, outcome } = commit(['x', 'a'], to('commit', [result(low)]))
    assert.deepEqual(asked.slice(3), ['stamp', 'commit x', 'stamp', 'commit x', 'commit a'])
    assert.equal(outcome.type, 'committed')
  })

  it('waits for locks of the living, longer each time, and gives up in the end', () => {
    const locked = result({ op: 'locked', locks: [lockOf('a')] })
    const twice = commit(['a'], to('prewrite', [locked, locked]))
    assert.deepEqual(twice.asked.slice(1, 7), [
      'one-phase a',
      'clear',
      'pause',
      'one-phase a',
      'clear',
      'pause',
    ])
    assert.equal(twice.outcome.type, 'committed')
    const always: Reply = (ask) => (ask.type === 'command' ? locked : undefined)
    const { outcome } = commit(['a'], always)
    assert.ok(outcome.type === 'aborted' && outcome.reason === 'locked' && outcome.again)
  })

  it('locks the parts of a region that was split meanwhile', () => {
    let groups = 0
    const { asked, outcome } = commit(['x', 'y', 'a'], (ask) => {
      if (
        ask.type === 'command' &&
        textOf(ask.keys[0] as Uint8Array) === 'x' &&
        ask.keys.length > 1
      ) {
        return { type: 'moved' }
      }
      if (ask.type !== 'group') return undefined
      groups += 1
      return groups === 1 ? undefined : { type: 'grouped', parts: ask.mutations.map((it) => [it]) }
    })
    assert.deepEqual(asked, [
      'group',
      'prewrite xy',
      'group',
      'prewrite x',
      'prewrite a',
      'prewrite y',
      'stamp',
      'commit x',
      'commit a',
      'commit y',
    ])
    assert.equal(outcome.type, 'committed')
  })

  it('goes in batches that fit a log entry', () => {
    const mutations = ['a', 'b', 'c'].map((key) => mutationOf(key, 600_000))
    const machine = new TxnCommit({ start: START, elapsedMs: 0, mutations })
    const [group] = machine.take()
    assert.ok(group?.type === 'group')
    machine.answer(group.ask, { type: 'grouped', parts: [mutations] })
    const [first, ...others] = machine.take()
    assert.ok(first?.type === 'command' && others.length === 0)
    assert.ok(first.command.op === 'prewrite' && !first.command.onePhase)
    assert.deepEqual(first.keys.map(textOf), ['a'])
  })

  it('says that it lives while its primary is locked, and not before or after', () => {
    const mutations = ['a', 'x'].map((key) => mutationOf(key))
    const machine = new TxnCommit({ start: START, elapsedMs: 0, mutations })
    const answerNext = (): Asked => {
      const [ask] = machine.take()
      assert.ok(ask && ask.type !== 'end')
      machine.answer(ask.ask, well(ask) as TxnAnswer)
      return ask
    }
    machine.keepAlive(1500)
    answerNext()
    answerNext()
    machine.keepAlive(1500)
    const alive = machine
      .take()
      .find((ask) => ask.type === 'command' && ask.command.op === 'txn-alive')
    assert.ok(alive?.type === 'command' && alive.command.op === 'txn-alive')
    assert.equal(alive.command.ttlMs, 1500 + machine.ttlMs)
  })
})

describe('How long locks last and readers wait', () => {
  it('grows with what is written, within bounds', () => {
    assert.equal(lockTtlMs(0), 3000)
    assert.equal(lockTtlMs(4 * 1024 * 1024), 12_000)
    assert.equal(lockTtlMs(2 ** 30), 20_000)
    assert.ok(lockPauseMs(0) < lockPauseMs(3) && lockPauseMs(30) < 1000)
  })
})
