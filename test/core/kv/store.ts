/** A machine with its rows in a plain map, as a node would have them on disk. */

import assert from 'node:assert/strict'
import { rangeOf } from '../../../sim/workloads/requests.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import type { Applied, KvWrite, LeaseRecord } from '../../../src/core/kv/applied.ts'
import { type HistoryRow, KvMachine } from '../../../src/core/kv/machine.ts'
import { KvRestore } from '../../../src/core/kv/restore.ts'
import type {
  Command,
  CommandResult,
  Compare,
  DeleteRangeRequest,
  KeyValue,
  KvError,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from '../../../src/core/kv/types.ts'
import { compareRevisions, type RevisionId } from '../../../src/core/mvcc/revision.ts'

export const bytes = (text: string): Bytes => Uint8Array.from(text, (c) => c.charCodeAt(0))
export const text = (b: Bytes): string => String.fromCharCode(...b)

export function put(key: string, value = '', more: Partial<PutRequest> = {}): PutRequest {
  return {
    key: bytes(key),
    value: bytes(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...more,
  }
}

export function range(key: string, end = '', more: Partial<RangeRequest> = {}): RangeRequest {
  return {
    ...rangeOf(key),
    key: bytes(key),
    rangeEnd: bytes(end),
    ...more,
  }
}

export function del(key: string, end = '', prevKv = false): DeleteRangeRequest {
  return { key: bytes(key), rangeEnd: bytes(end), prevKv }
}

export const opPut = (...args: Parameters<typeof put>): RequestOp => ({
  op: 'put',
  request: put(...args),
})
export const opRange = (...args: Parameters<typeof range>): RequestOp => ({
  op: 'range',
  request: range(...args),
})
export const opDelete = (...args: Parameters<typeof del>): RequestOp => ({
  op: 'delete-range',
  request: del(...args),
})
export const opTxn = (...args: Parameters<typeof txn>): RequestOp => ({
  op: 'txn',
  request: txn(...args),
})

export function txn(
  compare: readonly Compare[],
  success: readonly RequestOp[] = [],
  failure: readonly RequestOp[] = [],
): TxnRequest {
  return { compare, success, failure }
}

export function when(
  key: string,
  target: 'version' | 'create' | 'mod' | 'lease' | 'value',
  result: Compare['result'],
  value: number | bigint | string,
  end = '',
): Compare {
  const operand = (
    target === 'value' ? { target, value: bytes(String(value)) } : { target, value }
  ) as Compare['operand']
  return { key: bytes(key), rangeEnd: bytes(end), result, operand }
}

interface StoredRow {
  readonly at: RevisionId
  readonly key: Bytes
  readonly kv: KeyValue | undefined
}

export class TestStore {
  machine = new KvMachine()
  term = 1
  readonly rows = new Map<string, StoredRow>()
  readonly leases = new Map<bigint, LeaseRecord>()

  apply(command: Command): Applied {
    const at = { index: this.machine.appliedIndex + 1, term: this.term }
    const applied = this.machine.apply(at, command, { get: (where) => this.value(where) })
    this.write(applied.writes)
    return applied
  }

  write(writes: readonly KvWrite[]): void {
    for (const write of writes) {
      if (write.row === 'put') {
        this.rows.set(name(write.at), { at: write.at, key: write.kv.key, kv: write.kv })
      } else if (write.row === 'tombstone') {
        this.rows.set(name(write.at), { at: write.at, key: write.key, kv: undefined })
      } else if (write.row === 'drop') {
        assert(this.rows.delete(name(write.at)), 'a row dropped that is not there')
      } else if (write.row === 'lease') {
        this.leases.set(write.lease.id, write.lease)
      } else if (write.row === 'lease-drop') {
        this.leases.delete(write.id)
      }
    }
  }

  value(at: RevisionId): KeyValue {
    const kv = this.rows.get(name(at))?.kv
    assert(kv !== undefined, `no value at ${name(at)}`)
    return kv
  }

  put(...args: Parameters<typeof put>): Applied {
    return this.apply({ op: 'put', request: put(...args) })
  }

  del(...args: Parameters<typeof del>): Applied {
    return this.apply({ op: 'delete-range', request: del(...args) })
  }

  txn(...args: Parameters<typeof txn>): TxnResponse {
    return only(this.apply({ op: 'txn', request: txn(...args) }).result, 'txn').response
  }

  compact(revision: number): KvError | undefined {
    return errorOf(this.apply({ op: 'compact', revision }))
  }

  scrub(rowsAtATime = 1000): void {
    while (this.machine.scrubbing) this.write(this.machine.scrubStep(rowsAtATime))
  }

  grant(id: bigint, ttl = 60): KvError | undefined {
    return errorOf(this.apply({ op: 'lease-grant', id, ttl }))
  }

  revoke(id: bigint, term = 0, granted = 0): Applied {
    return this.apply({ op: 'lease-revoke', id, term, granted })
  }

  range(...args: Parameters<typeof range>): RangeResponse {
    const response = this.tryRange(...args)
    assert(typeof response !== 'string', `refused: ${String(response)}`)
    return response
  }

  /** In small steps, as a node would. */
  tryRange(...args: Parameters<typeof range>): RangeResponse | KvError {
    const scan = this.machine.beginRange(range(...args))
    if (typeof scan === 'string') return scan
    while (!scan.step(3)) assert(!scan.done)
    const response = scan.finish(scan.rows.map((at) => this.value(at)))
    scan.release()
    return response
  }

  keys(...args: Parameters<typeof range>): string[] {
    return this.range(...args).kvs.map((kv) => text(kv.key))
  }

  get(key: string, revision = 0): KeyValue | undefined {
    return this.range(key, '', { revision }).kvs[0]
  }

  sortedRows(): StoredRow[] {
    return [...this.rows.values()].sort((a, b) => compareRevisions(a.at, b.at))
  }

  /** Rows of history as a watch reads them. */
  history(from: number, to: number): HistoryRow[] {
    return this.sortedRows().filter(({ at }) => at.main >= from && at.main <= to)
  }

  /** The same store after a restart. */
  restarted(meta = this.machine.meta()): TestStore {
    const again = new TestStore()
    const restore = new KvRestore(meta)
    for (const lease of this.leases.values()) restore.lease(lease)
    for (const { at, key, kv } of this.sortedRows()) {
      if (kv === undefined) {
        restore.row({ at, key, tombstone: true })
      } else {
        const { createRevision, version, lease } = kv
        restore.row({ at, key, tombstone: false, createRevision, version, lease })
      }
    }
    again.machine = restore.finish()
    again.term = this.term
    for (const [at, row] of this.rows) again.rows.set(at, row)
    for (const [id, lease] of this.leases) again.leases.set(id, lease)
    return again
  }
}

export function errorOf(applied: Applied): KvError | undefined {
  return applied.result.op === 'error' ? applied.result.error : undefined
}

export function only<Op extends CommandResult['op']>(
  result: CommandResult,
  op: Op,
): Extract<CommandResult, { op: Op }> {
  assert.equal(result.op, op)
  return result as Extract<CommandResult, { op: Op }>
}

function name(at: RevisionId): string {
  return `${at.main}/${at.sub}`
}
