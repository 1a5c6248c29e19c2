import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { Admission } from '../../src/actors/raft-group/admission.ts'
import type { Command, RequestOp } from '../../src/core/kv/types.ts'
import type { Context } from '../../src/runtime/actor.ts'
import type { StoreStats } from '../../src/storage/store.ts'
import { encodeCommand } from '../../src/wire/command.ts'
import { bytes, put } from '../support/requests.ts'

const MIB = 2 ** 20

/** A disk as it is made to be; each question comes long after the one before. */
function over(disk: Partial<StoreStats>) {
  const stats = { diskBytes: 0, levelZeroFiles: 0, freeBytes: 1024 * MIB, ...disk }
  const admission = new Admission({ disk: () => stats }, GROUP_LIMITS)
  const context = { nowMs: 1000 } as Context
  return {
    refusal: (command: Command) => admission.refusal(encodeCommand(command), context),
    takesBulk: () => admission.takesBulk(context),
  }
}

const request = { key: bytes('k'), rangeEnd: bytes(''), prevKv: false }
const remove: Command = { op: 'delete-range', request }
const txn = (...success: RequestOp[]): Command => ({
  op: 'txn',
  request: { compare: [], success, failure: [] },
})
const putOp = put('k', 'v') as RequestOp

test('with files piling up at level 0 bulk yields first, then clients', () => {
  const at = (levelZeroFiles: number) => {
    const { refusal, takesBulk } = over({ levelZeroFiles })
    return [takesBulk(), refusal(put('k', 'v')), refusal(remove)]
  }
  assert.deepEqual(at(4), [true, undefined, undefined])
  assert.deepEqual(at(7), [false, undefined, undefined])
  assert.deepEqual(at(11), [false, 'overloaded', 'overloaded'])
})

test('N2 on a full disk what gives space back still works, until nothing is left', () => {
  const little = over({ freeBytes: 200 * MIB })
  for (const command of [
    put('k', 'v'),
    { op: 'lease-grant', id: 1n, ttl: 5 } as const,
    txn(putOp),
    txn({ op: 'txn', request: { compare: [], success: [], failure: [putOp] } }),
  ]) {
    assert.equal(little.refusal(command), 'no-space', command.op)
  }
  for (const command of [
    remove,
    { op: 'compact', revision: 3 } as const,
    { op: 'lease-revoke', id: 1n, term: 0, granted: 0 } as const,
    txn({ op: 'delete-range', request }),
  ]) {
    assert.equal(little.refusal(command), undefined, command.op)
  }
  assert.equal(over({ freeBytes: 100 * MIB }).refusal(remove), 'no-space')
})
