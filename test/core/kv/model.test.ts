/** The machine against a naive one: a plain list of all versions that ever were. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Command, KeyValue, RangeRequest, RequestOp } from '../../../src/core/kv/types.ts'
import { bytes, del, errorOf, put, range, TestStore, text, txn, when } from './store.ts'

interface Version {
  readonly main: number
  readonly key: string
  readonly kv: KeyValue | undefined
}

/** Knows everything, forgets nothing, searches from the end. */
class Model {
  versions: Version[] = []
  revision = 1
  compacted = -1
  leases = new Set<bigint>()

  at(key: string, revision: number): KeyValue | undefined {
    return this.versions.findLast((v) => v.key === key && v.main <= revision)?.kv
  }

  alive(key: string, end: string, revision: number): KeyValue[] {
    const known = [...new Set(this.versions.map((v) => v.key))].sort()
    const within = known.filter((k) =>
      end === '' ? k === key : end === '\0' ? k >= key : k >= key && k < end,
    )
    return within.flatMap((k) => this.at(k, revision) ?? [])
  }

  range(request: RangeRequest): { keys: string[]; more: boolean; count: number } | string {
    if (request.revision > this.revision) return 'future-revision'
    const revision = request.revision > 0 ? request.revision : this.revision
    if (revision < this.compacted) return 'compacted'
    const all = this.alive(text(request.key), text(request.rangeEnd), revision)
    if (request.countOnly) return { keys: [], more: false, count: all.length }
    const passing = all.filter(
      (kv) =>
        (request.minModRevision === 0 || kv.modRevision >= request.minModRevision) &&
        (request.maxModRevision === 0 || kv.modRevision <= request.maxModRevision) &&
        (request.minCreateRevision === 0 || kv.createRevision >= request.minCreateRevision) &&
        (request.maxCreateRevision === 0 || kv.createRevision <= request.maxCreateRevision),
    )
    const order = request.sortOrder === 'descend' ? -1 : 1
    const rank = (kv: KeyValue): string | number => {
      const { sortTarget } = request
      if (sortTarget === 'mod') return kv.modRevision
      if (sortTarget === 'create') return kv.createRevision
      if (sortTarget === 'version') return kv.version
      return text(sortTarget === 'key' ? kv.key : kv.value)
    }
    const sorted = passing.sort((a, b) =>
      rank(a) < rank(b) ? -order : rank(a) > rank(b) ? order : 0,
    )
    const limit = request.limit > 0 ? request.limit : sorted.length
    const keys = sorted.slice(0, limit).map((kv) => text(kv.key))
    return { keys, more: sorted.length > limit, count: all.length }
  }

  put(key: string, value: string, lease: bigint, main: number): void {
    const before = this.at(key, main)
    const kv: KeyValue = {
      key: bytes(key),
      value: bytes(value),
      lease,
      modRevision: main,
      createRevision: before?.createRevision ?? main,
      version: (before?.version ?? 0) + 1,
    }
    this.versions.push({ main, key, kv })
  }

  delete(doomed: readonly KeyValue[], main: number): void {
    for (const { key } of doomed) this.versions.push({ main, key: text(key), kv: undefined })
  }

  apply(command: Command): void {
    const main = this.revision + 1
    const before = this.versions.length
    if (command.op === 'txn') {
      const ops = this.#holds(command) ? command.request.success : command.request.failure
      const unknown = ops.some(
        (op) => op.op === 'put' && op.request.lease !== 0n && !this.leases.has(op.request.lease),
      )
      if (!unknown) for (const op of ops) this.#run(op, main)
    } else if (command.op === 'put' || command.op === 'delete-range') {
      const { lease } = { lease: 0n, ...command.request }
      if (lease === 0n || this.leases.has(lease)) this.#run(command, main)
    } else if (command.op === 'lease-grant') {
      this.leases.add(command.id)
    } else if (command.op === 'lease-revoke' && this.leases.delete(command.id)) {
      const doomed = this.alive('\0', '\0', this.revision).filter((kv) => kv.lease === command.id)
      this.delete(doomed, main)
    } else if (command.op === 'compact') {
      const { revision } = command
      if (revision > this.compacted && revision <= this.revision) this.compacted = revision
    }
    if (this.versions.length > before) this.revision = main
  }

  #holds(command: Command & { op: 'txn' }): boolean {
    return command.request.compare.every(({ key, operand }) => {
      const kv = this.at(text(key), this.revision)
      return operand.target === 'version' && (kv?.version ?? 0) === operand.value
    })
  }

  #run(op: RequestOp, main: number): void {
    if (op.op === 'put') {
      const { key, value, lease } = op.request
      this.put(text(key), text(value), lease, main)
    } else if (op.op === 'delete-range') {
      this.delete(this.alive(text(op.request.key), text(op.request.rangeEnd), main), main)
    }
  }
}

const key = fc.constantFrom('a', 'aa', 'b', 'c', 'c\xff', 'd')
const end = fc.constantFrom('', '', '\0', 'b', 'c', 'e')
const lease = fc.constantFrom(0n, 0n, 0n, 1n, 2n)
const putOp = fc
  .tuple(key, fc.string({ maxLength: 2 }), lease)
  .map(([k, v, l]): RequestOp => ({ op: 'put', request: put(k, v, { lease: l, prevKv: true }) }))
const deleteOp = fc
  .tuple(key, end)
  .map(([k, e]): RequestOp => ({ op: 'delete-range', request: del(k, e, true) }))
const distinct = {
  maxLength: 3,
  selector: (op: RequestOp) => (op.op === 'put' ? text(op.request.key) : ''),
}
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: putOp as fc.Arbitrary<Command> },
  { weight: 2, arbitrary: deleteOp as fc.Arbitrary<Command> },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, fc.nat(3), fc.uniqueArray(putOp, distinct), fc.array(deleteOp, { maxLength: 2 }))
      .map(
        ([k, version, success, failure]): Command => ({
          op: 'txn',
          request: txn([when(k, 'version', 'equal', version)], success, failure),
        }),
      ),
  },
  fc.constantFrom(1n, 2n).map((id): Command => ({ op: 'lease-grant', id, ttl: 60 })),
  fc.constantFrom(1n, 2n).map((id): Command => ({ op: 'lease-revoke', id, term: 0, granted: 0 })),
  fc.nat(40).map((revision): Command => ({ op: 'compact', revision })),
)
const request = fc
  .record({
    key,
    end,
    limit: fc.nat(3),
    revision: fc.integer({ min: -1, max: 30 }),
    sortOrder: fc.constantFrom('none', 'ascend', 'descend'),
    countOnly: fc.boolean(),
    minModRevision: fc.constantFrom(0, 0, 5),
    maxModRevision: fc.constantFrom(0, 0, 15),
    minCreateRevision: fc.constantFrom(0, 0, 4),
    maxCreateRevision: fc.constantFrom(0, 0, 12),
  } as const)
  .map(({ key: k, end: e, ...more }) => range(k, e, more as unknown as Partial<RangeRequest>))

test('every read at every revision answers as a list of all versions would', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(command, fc.boolean()), { maxLength: 40, size: 'max' }),
      fc.array(request, { maxLength: 12 }),
      (steps, requests) => {
        const store = new TestStore()
        const model = new Model()
        for (const [each, scrub] of steps) {
          store.apply(each)
          model.apply(each)
          assert.equal(store.machine.revision, model.revision)
          if (scrub) store.write(store.machine.scrubStep(2))
          store.machine.audit()
        }
        for (const each of requests) {
          assert.deepEqual(answer(store, each), model.range(each))
        }
        store.scrub(1)
        for (const each of requests) assert.deepEqual(answer(store, each), model.range(each))
        assert.deepEqual(
          store.sortedRows().map((row) => `${row.at.main}`),
          kept(model),
        )
      },
    ),
    { numRuns: 400 },
  )
})

test('a machine rebuilt from its rows is the machine that wrote them', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 40, size: 'max' }),
      fc.array(command, { maxLength: 10 }),
      fc.nat(20),
      (before, after, scrubbed) => {
        const store = new TestStore()
        for (const each of before) store.apply(each)
        store.write(store.machine.scrubStep(scrubbed))
        const again = store.restarted()
        again.machine.audit()
        assert.deepEqual(again.machine.meta(), store.machine.meta())
        for (const each of after) assert.deepEqual(again.apply(each), store.apply(each))
        store.scrub()
        again.scrub()
        assert.deepEqual(again.sortedRows(), store.sortedRows())
        assert.equal(again.machine.stateHash(), store.machine.stateHash())
        assert.equal(again.machine.keyCount, store.machine.keyCount)
      },
    ),
    { numRuns: 300 },
  )
})

test('two machines given other values have other hashes', () => {
  const [one, other] = [new TestStore(), new TestStore()]
  for (const store of [one, other]) store.put('a', 'same')
  assert.equal(one.machine.stateHash(), other.machine.stateHash())
  one.put('a', 'value x')
  other.put('a', 'value y')
  assert.notEqual(one.machine.stateHash(), other.machine.stateHash())
  assert.equal(errorOf(one.put('b', '', { ignoreValue: true })), 'key-not-found')
})

function answer(store: TestStore, each: RangeRequest) {
  const response = store.tryRange(text(each.key), text(each.rangeEnd), each)
  if (typeof response === 'string') return response
  const { kvs, more, count } = response
  return { keys: kvs.map((kv) => text(kv.key)), more, count }
}

/** The revisions of the rows that must be left once the scrub is through. */
function kept(model: Model): string[] {
  return model.versions
    .filter((version, i) => {
      if (version.main > model.compacted) return true
      const superseded = model.versions.some(
        (later, j) => j > i && later.key === version.key && later.main <= model.compacted,
      )
      return !superseded && (version.kv !== undefined || version.main === model.compacted)
    })
    .map((version) => `${version.main}`)
}
