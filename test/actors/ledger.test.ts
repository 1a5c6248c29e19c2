/** The driver's ledger: what is put together lands together, what is much in parts, and nobody hears before. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLACEMENT_DRIVER, SYSTEM } from '../../src/actors/flare-options.ts'
import { Ledger } from '../../src/actors/placement-driver/ledger.ts'
import { textOf } from '../../src/actors/system/requests.ts'
import { nodeName } from '../../src/base/ids.ts'
import type { Command } from '../../src/core/kv/types.ts'
import type { Change } from '../../src/core/placement/records.ts'
import { regionId } from '../../src/core/region/types.ts'
import type { AskOutcome, Context } from '../../src/runtime/actor.ts'
import { address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import { decodeCommand } from '../../src/wire/command.ts'
import type { KvWrite } from '../../src/wire/messages/group.ts'

const SELF = address(nodeName('n1'), PLACEMENT_DRIVER, SYSTEM)
const gone = (id: number): Change => ({ of: 'region', id: regionId(id), now: undefined })

class Writing {
  readonly ledger = new Ledger(SELF, 3, 1000)
  readonly written: (readonly string[])[] = []
  readonly heard: string[] = []
  #asked: { readonly message: Message; readonly tag: string } | undefined
  readonly context = {
    ask: (_to: unknown, message: Message, { tag }: { tag: string }) => {
      assert.equal(this.#asked, undefined, 'two transactions at once')
      this.#asked = { message, tag }
    },
  } as unknown as Context

  listen(name: string): void {
    this.ledger.whenWritten((landed) => this.heard.push(`${name} ${landed}`), this.context)
  }

  /** Answers what is asked; false: nothing is. */
  answer(succeeded = true): boolean {
    const asked = this.#asked
    if (asked === undefined) return false
    this.#asked = undefined
    const command = decodeCommand((asked.message as KvWrite).command)
    const { compare, success } = (command as Extract<Command, { op: 'txn' }>).request
    assert.deepEqual(
      compare.map(({ key }) => textOf(key)),
      ['flare/epoch'],
    )
    const keys = success.map((op) => textOf((op.request as { readonly key: Uint8Array }).key))
    assert.equal(new Set(keys).size, keys.length, 'a key twice in one transaction')
    this.written.push(keys)
    const result = { op: 'txn', response: { succeeded, responses: [] } }
    const message = { kind: 'kv.write-done', header: { revision: 1, term: 3 }, result } as Message
    const outcome: AskOutcome = { ok: true, message, from: SELF }
    const was = this.ledger.answered(asked.tag, outcome, this.context)
    assert.equal(was, succeeded ? 'written' : 'fenced')
    if (succeeded) this.ledger.flush(this.context)
    return true
  }
}

test('of what was put while another transaction was under way all goes with the next, each key once', () => {
  const writing = new Writing()
  writing.ledger.take([gone(1), gone(2)])
  writing.ledger.flush(writing.context)
  writing.listen('first')
  writing.ledger.take([gone(2), gone(3)])
  writing.ledger.take([gone(3)])
  writing.listen('second')
  writing.ledger.flush(writing.context)
  assert.deepEqual(writing.heard, [])
  writing.answer()
  assert.deepEqual(writing.heard, ['first true'])
  writing.answer()
  assert.deepEqual(writing.heard, ['first true', 'second true'])
  assert.deepEqual(writing.written, [
    ['flare/region/1', 'flare/region/2'],
    ['flare/region/2', 'flare/region/3'],
  ])
  writing.listen('at once')
  assert.equal(writing.heard.at(-1), 'at once true')
})

test('ten thousand changes at once go in their order, in transactions that a log can take', () => {
  const writing = new Writing()
  writing.ledger.take(Array.from({ length: 10_000 }, (_, i) => gone(i)))
  writing.listen('all')
  writing.ledger.flush(writing.context)
  while (writing.answer()) assert.ok((writing.written.at(-1)?.length ?? 0) <= 256)
  const keys = writing.written.flat()
  assert.deepEqual(
    keys,
    Array.from({ length: 10_000 }, (_, i) => `flare/region/${i}`),
  )
  assert.deepEqual(writing.heard, ['all true'])
})

test('when a write is fenced, whoever waits hears that nobody can tell', () => {
  const writing = new Writing()
  writing.ledger.take([gone(1)])
  writing.listen('waits')
  writing.ledger.flush(writing.context)
  writing.answer(false)
  writing.ledger.abandon(writing.context)
  assert.deepEqual(writing.heard, ['waits false'])
})
