/** The oracle's claim of the window, against what an older leader may still write. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM, TIMESTAMP_ORACLE } from '../../src/actors/flare-options.ts'
import { textOf } from '../../src/actors/system/requests.ts'
import { Window } from '../../src/actors/timestamp-oracle/window.ts'
import { nodeName } from '../../src/base/ids.ts'
import { UNMETERED } from '../../src/base/ports/meter.ts'
import type { Command, KeyValue } from '../../src/core/kv/types.ts'
import { Oracle } from '../../src/core/oracle/oracle.ts'
import type { AskOutcome, Context } from '../../src/runtime/actor.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import { decodeCommand } from '../../src/wire/command.ts'
import { epochBytes, windowRecord } from '../../src/wire/driver-records.ts'
import type { KvWrite } from '../../src/wire/messages/group.ts'
import { bytes } from '../support/requests.ts'

const SELF = address(nodeName('n1'), TIMESTAMP_ORACLE, SYSTEM)
const GROUP = address(nodeName('n1'), 'raft-group', SYSTEM)
const WALL = 1_700_000_000_000

/** Keeps what is asked, for the test to answer. */
class Asking {
  readonly oracle = new Oracle(1000)
  readonly window = new Window(SELF, this.oracle, 1000)
  readonly asked: { readonly message: Message; readonly tag: string }[] = []
  readonly context = {
    wallMs: WALL,
    meter: UNMETERED,
    ask: (_to: unknown, message: Message, { tag }: { tag: string }) =>
      this.asked.push({ message, tag }),
  } as unknown as Context

  answer(message: Message): void {
    const { tag } = this.asked.shift() as { readonly tag: string }
    const outcome: AskOutcome = { ok: true, message, from: GROUP }
    this.window.answered(tag, outcome, this.context)
  }

  /** What the next question would write, and on what condition. */
  get writes(): { readonly compared: Record<string, unknown>; readonly put: readonly string[] } {
    const { message } = this.asked[0] as { readonly message: Message }
    const command = decodeCommand((message as KvWrite).command) as Extract<Command, { op: 'txn' }>
    const { compare, success } = command.request
    const compared = compare.map(({ key, operand }) => [textOf(key), operand.value])
    const put = success.flatMap((op) => (op.op === 'put' ? [textOf(op.request.key)] : []))
    return { compared: Object.fromEntries(compared), put }
  }
}

const row = (key: string, value: Uint8Array, modRevision: number): KeyValue => ({
  key: bytes(key),
  value,
  createRevision: 1,
  modRevision,
  version: 1,
  lease: 0n,
})

function view(...ranges: readonly (readonly KeyValue[])[]): Message {
  const responses = ranges.map((kvs) => ({
    op: 'range',
    revision: 9,
    response: { kvs, more: false, count: kvs.length },
  }))
  const header = { revision: 9, term: 3 }
  return { kind: 'kv.view-done', header, response: { succeeded: true, responses } } as Message
}

function written(succeeded: boolean): Message {
  const result = { op: 'txn', response: { succeeded, responses: [] } }
  return { kind: 'kv.write-done', header: { revision: 9, term: 3 }, result } as Message
}

const found = (endMs: number, revision: number) =>
  view(
    [row('flare/epoch', epochBytes(2), 5)],
    [row('flare/tso', windowRecord.encode({ endMs }), revision)],
  )

test('the claim holds only while neither epoch nor window changed since they were read', () => {
  const asking = new Asking()
  asking.window.takeOver(3, asking.context)
  asking.answer(found(WALL + 500, 7))
  assert.deepEqual(asking.writes, {
    compared: { 'flare/epoch': 5, 'flare/tso': 7 },
    put: ['flare/epoch', 'flare/tso'],
  })
  // The one before extended it in between.
  asking.answer(written(false))
  assert.equal(asking.oracle.term, undefined)
  asking.answer(found(WALL + 2000, 8))
  asking.answer(written(true))
  assert.equal(asking.oracle.term, 3)
  assert.ok((asking.oracle.take(1, WALL) as bigint) >> 16n >= BigInt(WALL + 2000))
})

test('a higher epoch ends it; an answer to what is asked no more does nothing', () => {
  const asking = new Asking()
  asking.window.takeOver(3, asking.context)
  asking.answer(view([row('flare/epoch', epochBytes(4), 5)], []))
  assert.equal(asking.asked.length, 0)
  asking.window.takeOver(5, asking.context)
  asking.window.resign()
  asking.answer(found(WALL, 7))
  assert.equal(asking.asked.length, 0)
})

test('an extension whose fate is unknown makes it begin anew', () => {
  const asking = new Asking()
  asking.window.takeOver(3, asking.context)
  asking.answer(found(WALL - 900, 7))
  asking.answer(written(true))
  asking.oracle.take(1, WALL)
  const later = { ...asking.context, wallMs: WALL + 900 } as Context
  asking.window.extend(later)
  assert.deepEqual(Object.keys(asking.writes.compared), ['flare/epoch'])
  assert.equal(asking.oracle.take(1, WALL + 1100), undefined, 'given before it is on disk')
  asking.answer({ kind: 'kv.refused', reason: 'timeout' } as Message)
  assert.equal(asking.oracle.term, undefined)
  assert.equal(asking.asked[0]?.message.kind, 'kv.view')
})
