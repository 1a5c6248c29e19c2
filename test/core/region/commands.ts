/** Commands and queries as tests write them. */

import { EMPTY } from '../../../src/base/bytes.ts'
import {
  type Mutation,
  namespaceId,
  type RegionCommand,
  type RegionQuery,
  type SessionMark,
  type Timestamp,
  type WriteOp,
} from '../../../src/core/region/types.ts'
import { bytesOf } from './region-bed.ts'

type Command<Op extends RegionCommand['op']> = Extract<RegionCommand, { op: Op }>

export const put = (key: string, value: string, change: Partial<WriteOp> = {}): WriteOp => ({
  key: bytesOf(key),
  action: 'put',
  value: bytesOf(value),
  ttlMs: 0,
  expect: undefined,
  ...change,
})

export const del = (key: string, change: Partial<WriteOp> = {}): WriteOp => ({
  ...put(key, '', change),
  action: 'delete',
})

export const write = (ops: readonly WriteOp[], session?: SessionMark): Command<'write'> => ({
  op: 'write',
  ops,
  session,
})

export const mutation = (key: string, value: string | undefined): Mutation => ({
  key: bytesOf(key),
  action: value === undefined ? 'delete' : 'put',
  value: value === undefined ? EMPTY : bytesOf(value),
})

export const prewrite = (
  start: Timestamp,
  primary: string,
  mutations: readonly Mutation[],
  change: Partial<Command<'prewrite'>> = {},
): Command<'prewrite'> => ({
  op: 'prewrite',
  start,
  primary: bytesOf(primary),
  primaryNamespace: namespaceId(3),
  ttlMs: 3000,
  mutations,
  onePhase: false,
  ...change,
})

export const commit = (
  start: Timestamp,
  at: Timestamp,
  keys: readonly string[],
): Command<'commit'> => ({ op: 'commit', start, commit: at, keys: keys.map(bytesOf) })

export const rollback = (start: Timestamp, keys: readonly string[]): Command<'rollback'> => ({
  op: 'rollback',
  start,
  keys: keys.map(bytesOf),
})

export const checkTxn = (
  primary: string,
  start: Timestamp,
  now: Timestamp,
  reader?: Timestamp,
): Command<'check-txn'> => ({ op: 'check-txn', primary: bytesOf(primary), start, now, reader })

export const scan = (
  at: Timestamp | undefined,
  change: Partial<Extract<RegionQuery, { op: 'scan' }>> = {},
): Extract<RegionQuery, { op: 'scan' }> => ({
  op: 'scan',
  from: EMPTY,
  to: EMPTY,
  limit: 1000,
  reverse: false,
  keysOnly: false,
  at,
  passing: [],
  ...change,
})

export const get = (
  at: Timestamp | undefined,
  ...keys: string[]
): Extract<RegionQuery, { op: 'get' }> => ({
  op: 'get',
  keys: keys.map(bytesOf),
  at,
  passing: [],
})
