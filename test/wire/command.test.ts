import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY } from '../../src/base/bytes.ts'
import type { Command } from '../../src/core/kv/types.ts'
import {
  commandOf,
  decodeCommand,
  encodeCommand,
  entryData,
  originOf,
} from '../../src/wire/command.ts'
import { MalformedMessage } from '../../src/wire/schema.ts'

const key = new TextEncoder().encode('greeting')
const value = new TextEncoder().encode('hello')
const put = { key, value, lease: -7n, prevKv: true, ignoreValue: false, ignoreLease: false }
const range = {
  key,
  rangeEnd: EMPTY,
  limit: 0,
  revision: 0,
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 2 ** 40,
  serializable: false,
} as const

const COMMANDS: readonly Command[] = [
  { op: 'put', request: put },
  {
    op: 'put',
    request: { ...put, lease: 0n, prevKv: false, ignoreValue: true, ignoreLease: true },
  },
  { op: 'put', request: { ...put, key: EMPTY, value: EMPTY, lease: 2n ** 63n - 1n } },
  { op: 'delete-range', request: { key, rangeEnd: new Uint8Array(1), prevKv: false } },
  {
    op: 'txn',
    request: {
      compare: [
        { key, rangeEnd: EMPTY, result: 'equal', operand: { target: 'version', value: 0 } },
        {
          key,
          rangeEnd: EMPTY,
          result: 'less',
          operand: { target: 'lease', value: 2n ** 63n - 1n },
        },
        { key, rangeEnd: EMPTY, result: 'not-equal', operand: { target: 'value', value } },
      ],
      success: [
        { op: 'put', request: put },
        {
          op: 'txn',
          request: { compare: [], success: [{ op: 'range', request: range }], failure: [] },
        },
      ],
      failure: [{ op: 'delete-range', request: { key, rangeEnd: EMPTY, prevKv: true } }],
    },
  },
  { op: 'compact', revision: 2 ** 52 },
  { op: 'lease-grant', id: 5n, ttl: 60 },
  { op: 'lease-revoke', id: -(2n ** 63n), term: 9, granted: 4 },
  { op: 'lease-checkpoint', term: 3, remaining: [{ id: 5n, granted: 4, seconds: 40 }] },
]

test('every command comes back from its bytes as it was', () => {
  for (const command of COMMANDS) assert.deepEqual(decodeCommand(encodeCommand(command)), command)
})

test('an entry carries its origin in front of the command', () => {
  const origin = { peer: 3, life: 2 ** 40, sequence: 77 }
  for (const command of COMMANDS) {
    const data = entryData(origin, encodeCommand(command))
    assert.deepEqual(originOf(data), origin)
    assert.deepEqual(commandOf(data), command)
  }
})

test('bytes of an unknown version, or cut short, are refused by name', () => {
  for (const command of COMMANDS) {
    const good = encodeCommand(command)
    assert.throws(() => decodeCommand(Uint8Array.of(9, ...good.subarray(1))), /version must be 1/)
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => decodeCommand(good.subarray(0, length)), MalformedMessage)
    }
  }
  assert.throws(() => originOf(new Uint8Array(23)), /origin must be 24 bytes/)
})

test('random bytes never decode by accident into anything but a command', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 }), (version, junk) => {
      try {
        assert.ok(typeof decodeCommand(Uint8Array.of(version, ...junk)).op === 'string')
      } catch (error) {
        assert.ok(error instanceof MalformedMessage, String(error))
      }
    }),
  )
})
