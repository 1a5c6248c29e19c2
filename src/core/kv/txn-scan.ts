/**
 * A transaction that only reads, outside the log: its branch is chosen as apply chooses it, its ranges
 * are walked in steps, all on one state, which they pin until `release`.
 */

import { must } from '../../base/assert.ts'
import type { KeyIndex } from '../mvcc/key-index.ts'
import type { Pins } from '../mvcc/pins.ts'
import type { RevisionId } from '../mvcc/revision.ts'
import { RangeScan, type ReadScan } from './range-scan.ts'
import type { ChosenTxn } from './txn-run.ts'
import type { KeyValue, RequestOp, ResponseOp, TxnRequest, TxnResponse } from './types.ts'

/** Nothing but ranges in either branch; a nested transaction makes it a write, as etcd has it. */
export function onlyReads(request: TxnRequest): boolean {
  const reads = ({ op }: RequestOp): boolean => op === 'range'
  return request.success.every(reads) && request.failure.every(reads)
}

/** A transaction that only reads and may be answered from whatever is applied here. */
export function isSerializable(request: TxnRequest): boolean {
  const local = (op: RequestOp): boolean => op.op === 'range' && op.request.serializable
  return request.success.every(local) && request.failure.every(local)
}

export class TxnScan implements ReadScan<TxnResponse> {
  readonly #succeeded: boolean
  readonly #revision: number
  readonly #scans: readonly RangeScan[]

  /** `chosen` was not refused on the state of `revision`. */
  constructor(chosen: ChosenTxn, index: KeyIndex, revision: number, pins: Pins) {
    this.#succeeded = chosen.succeeded
    this.#revision = revision
    this.#scans = chosen.ops.map((op) => {
      const { request } = must(op.op === 'range' ? op : undefined, 'nothing here but ranges')
      return new RangeScan(index, request, request.revision > 0 ? request.revision : revision, pins)
    })
  }

  get done(): boolean {
    return this.#scans.every((scan) => scan.done)
  }

  /** All of them a little further, so that together they look at about `maxKeys`. */
  step(maxKeys: number): boolean {
    const share = Math.ceil(maxKeys / this.#scans.length)
    for (const scan of this.#scans) scan.step(share)
    return this.done
  }

  get rows(): readonly RevisionId[] {
    return this.#scans.flatMap((scan) => scan.rows)
  }

  finish(values: readonly KeyValue[]): TxnResponse {
    let from = 0
    const responses = this.#scans.map((scan): ResponseOp => {
      const own = values.slice(from, from + scan.rows.length)
      from += own.length
      return { op: 'range', revision: this.#revision, response: scan.finish(own) }
    })
    return { succeeded: this.#succeeded, responses }
  }

  release(): void {
    for (const scan of this.#scans) scan.release()
  }
}
