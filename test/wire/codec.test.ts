import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { nodeName } from '../../src/base/ids.ts'
import { address } from '../../src/runtime/address.ts'
import type { Envelope } from '../../src/runtime/message.ts'
import { CODEC } from '../../src/wire/codec.ts'
import { MalformedMessage } from '../../src/wire/schema.ts'
import { SAMPLES } from './samples.ts'

const to = address(nodeName('n1'), 'raft-group', 'chainfire')
const from = address(nodeName('n2'), 'raft-group', 'chainfire')
const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })

const envelopes: readonly Envelope[] = SAMPLES.flatMap((message): Envelope[] => [
  { to, from, message },
  { to, from, message, ask: 7, life: 2 ** 50 },
  { to, from, message, answer: 7, life: 0 },
])

test('every kind of message has a sample', () => {
  const sampled = new Set(SAMPLES.map(({ kind }) => kind))
  assert.deepEqual(
    CODEC.kinds().filter((kind) => !sampled.has(kind)),
    [],
  )
})

test('an envelope is the same behind structured clone and behind msgpack', () => {
  for (const envelope of envelopes) {
    const tuple = CODEC.encode(envelope)
    assert.deepEqual(CODEC.decode(structuredClone(tuple)), envelope)
    assert.deepEqual(CODEC.decode(packr.unpack(packr.pack(tuple))), envelope)
  }
})

/** The tuple with what stands at a path of positions replaced. */
function changed(tuple: unknown, path: readonly number[], by: unknown): unknown {
  const [position, ...rest] = path
  if (position === undefined || !Array.isArray(tuple)) return by
  return tuple.map((part, at) => (at === position ? changed(part, rest, by) : part))
}

function paths(tuple: unknown, above: readonly number[] = []): number[][] {
  if (!Array.isArray(tuple)) return [[...above]]
  return [[...above], ...tuple.flatMap((part, at) => paths(part, [...above, at]))]
}

test('a tuple that is wrong anywhere is refused as malformed or means something else of the shape', () => {
  const wrongs = [undefined, -1, 1.5, 2 ** 53, 'word', true, [], {}, new Uint8Array(3), 2n ** 70n]
  for (const envelope of envelopes.slice(0, 60)) {
    const tuple = CODEC.encode(envelope)
    for (const path of paths(tuple)) {
      for (const wrong of wrongs) {
        try {
          const decoded = CODEC.decode(changed(tuple, path, wrong))
          CODEC.encode(decoded)
        } catch (error) {
          assert.ok(error instanceof MalformedMessage, `${envelope.message.kind}: ${error}`)
        }
      }
    }
  }
})

test('random tuples are refused as malformed', () => {
  fc.assert(
    fc.property(fc.array(fc.anything({ withBigInt: true }), { maxLength: 12 }), (tuple) => {
      assert.throws(() => CODEC.decode(tuple), MalformedMessage)
    }),
  )
})

test('a refusal names kind and field', () => {
  const tuple = CODEC.encode({ to, from, message: { kind: 'refused', reason: 'failed' } as never })
  assert.throws(() => CODEC.decode(changed(tuple, [9, 1], 17)), /refused\.reason must be one of/)
  assert.throws(() => CODEC.decode(changed(tuple, [9, 0], 9999)), /message must be of a known kind/)
})

test('consensus is dropped when there is no room, questions fail, snapshots travel in bulk', () => {
  assert.deepEqual(CODEC.delivery('raft'), { lane: 'consensus', refusal: 'drop' })
  assert.equal(CODEC.delivery('kv.write').refusal, 'fail')
  assert.equal(CODEC.delivery('snapshot.chunk').bulk, true)
  assert.throws(() => CODEC.delivery('no such kind'))
})
