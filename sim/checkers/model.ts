/**
 * What one command does to a given past: the events it makes and what it answers. A second, plain
 * reading of etcd's rules over a `Timeline`; it knows of leases only the ids on pairs.
 */

import type {
  Command,
  CommandResult,
  Compare,
  Event,
  KeyValue,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../../src/core/kv/types.ts'
import { inRange, keyText, type Timeline } from './timeline.ts'

export interface Effect {
  readonly events: readonly Event[]
  readonly result: CommandResult
}

/** The state a command sees: the past up to a revision, and its own earlier writes. */
class Sight {
  readonly events: Event[] = []
  readonly #own = new Map<string, KeyValue | undefined>()
  readonly #past: Timeline
  readonly base: number

  constructor(past: Timeline, base: number) {
    this.#past = past
    this.base = base
  }

  get revision(): number {
    return this.events.length > 0 ? this.base + 1 : this.base
  }

  range(key: string, end: string): KeyValue[] {
    const found = new Map(
      this.#past.range(key, end, this.base).map((kv) => [keyText(kv.key), kv] as const),
    )
    for (const [name, kv] of this.#own) {
      if (!inRange(name, key, end)) continue
      if (kv) found.set(name, kv)
      else found.delete(name)
    }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kv]) => kv)
  }

  past(key: string, end: string, revision: number): KeyValue[] {
    return this.#past.range(key, end, revision)
  }

  write(event: Event): void {
    this.events.push(event)
    this.#own.set(keyText(event.kv.key), event.type === 'put' ? event.kv : undefined)
  }
}

/** The command run on the state that `base` left. */
export function execute(past: Timeline, base: number, command: Command): Effect {
  const sight = new Sight(past, base)
  const result = run(sight, command)
  return { events: result.op === 'error' ? [] : sight.events, result }
}

function run(sight: Sight, command: Command): CommandResult {
  switch (command.op) {
    case 'put': {
      const response = put(sight, command.request)
      return response ? { op: 'put', response } : { op: 'error', error: 'key-not-found' }
    }
    case 'delete-range':
      return { op: 'delete-range', response: deleteRange(sight, command.request) }
    case 'txn': {
      const response = txn(sight, command.request)
      return response ? { op: 'txn', response } : { op: 'error', error: 'key-not-found' }
    }
    case 'lease-grant':
      return { op: 'lease-grant', id: command.id, ttl: command.ttl }
    case 'lease-revoke': {
      const all = sight.range('\0', '\0').filter((kv) => kv.lease === command.id)
      for (const kv of all) sight.write(deletion(sight, kv))
      return { op: 'lease-revoke' }
    }
    case 'compact':
      return { op: 'compact' }
    case 'lease-checkpoint':
      return { op: 'lease-checkpoint' }
  }
}

function put(sight: Sight, request: PutRequest): { prevKv: KeyValue | undefined } | undefined {
  const old = sight.range(keyText(request.key), '')[0]
  if (!old && (request.ignoreValue || request.ignoreLease)) return undefined
  const revision = sight.base + 1
  const kv: KeyValue = {
    key: request.key,
    value: request.ignoreValue && old ? old.value : request.value,
    createRevision: old ? old.createRevision : revision,
    modRevision: revision,
    version: old ? old.version + 1 : 1,
    lease: request.ignoreLease && old ? old.lease : request.lease,
  }
  sight.write({ type: 'put', kv, previousRevision: old?.modRevision ?? 0 })
  return { prevKv: request.prevKv ? old : undefined }
}

function deleteRange(
  sight: Sight,
  request: { key: Uint8Array; rangeEnd: Uint8Array; prevKv: boolean },
): { deleted: number; prevKvs: readonly KeyValue[] } {
  const found = sight.range(keyText(request.key), keyText(request.rangeEnd))
  for (const kv of found) sight.write(deletion(sight, kv))
  return { deleted: found.length, prevKvs: request.prevKv ? found : [] }
}

function deletion(sight: Sight, old: KeyValue): Event {
  const kv = { key: old.key, value: new Uint8Array(0), createRevision: 0, version: 0, lease: 0n }
  return {
    type: 'delete',
    kv: { ...kv, modRevision: sight.base + 1 },
    previousRevision: old.modRevision,
  }
}

function txn(sight: Sight, request: TxnRequest): TxnResponse | undefined {
  const succeeded = request.compare.every((compare) => holds(sight, compare))
  const responses: ResponseOp[] = []
  for (const op of succeeded ? request.success : request.failure) {
    const response = runOp(sight, op)
    if (response === undefined) return undefined
    responses.push(response)
  }
  return { succeeded, responses }
}

function runOp(sight: Sight, op: RequestOp): ResponseOp | undefined {
  if (op.op === 'range') {
    const response = answerRange(sight, op.request)
    return { op: 'range', revision: sight.revision, response }
  }
  if (op.op === 'put') {
    const response = put(sight, op.request)
    return response && { op: 'put', revision: sight.revision, response }
  }
  if (op.op === 'delete-range') {
    const response = deleteRange(sight, op.request)
    return { op: 'delete-range', revision: sight.revision, response }
  }
  const response = txn(sight, op.request)
  return response && { op: 'txn', revision: sight.revision, response }
}

function holds(sight: Sight, compare: Compare): boolean {
  const found = sight.range(keyText(compare.key), keyText(compare.rangeEnd))
  if (found.length > 0) return found.every((kv) => compareOne(kv, compare))
  return compare.operand.target !== 'value' && compareOne(undefined, compare)
}

function compareOne(kv: KeyValue | undefined, compare: Compare): boolean {
  const order = orderOf(kv, compare.operand)
  if (compare.result === 'equal') return order === 0
  if (compare.result === 'not-equal') return order !== 0
  return compare.result === 'greater' ? order > 0 : order < 0
}

function orderOf(kv: KeyValue | undefined, operand: Compare['operand']): number {
  if (operand.target === 'value') {
    const mine = kv ? keyText(kv.value) : ''
    const theirs = keyText(operand.value)
    return mine < theirs ? -1 : mine > theirs ? 1 : 0
  }
  if (operand.target === 'lease') {
    const mine = kv?.lease ?? 0n
    return mine < operand.value ? -1 : mine > operand.value ? 1 : 0
  }
  const field = { version: kv?.version, create: kv?.createRevision, mod: kv?.modRevision }
  return (field[operand.target] ?? 0) - operand.value
}

function answerRange(sight: Sight, request: RangeRequest): RangeResponse {
  const key = keyText(request.key)
  const end = keyText(request.rangeEnd)
  const past = request.revision > 0 && request.revision <= sight.base
  const found = past ? sight.past(key, end, request.revision) : sight.range(key, end)
  const limited = request.limit > 0 ? found.slice(0, request.limit) : found
  if (request.countOnly) return { kvs: [], more: false, count: found.length }
  const kvs = request.keysOnly
    ? limited.map((kv) => ({ ...kv, value: new Uint8Array(0) }))
    : limited
  return { kvs, more: limited.length < found.length, count: found.length }
}

/** What a range read answers once `base` is done. Sorting and filters are left to other tests. */
export function expectedRange(past: Timeline, base: number, request: RangeRequest): RangeResponse {
  return answerRange(new Sight(past, base), request)
}
