/**
 * The contract of `Chainfire`, as doors rely on it, over whatever stands behind the interface. Each case
 * begins with an empty store.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { rangeOf as plainRange } from '../../sim/workloads/requests.ts'
import type { Chainfire, Outcome, WatchResponse } from '../../src/actors/chainfire.ts'
import type {
  Command,
  CommandResult,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
} from '../../src/core/kv/types.ts'
import type { WatchCreate } from '../../src/core/watch/types.ts'

export interface ChainfireUnderTest {
  readonly chainfire: Chainfire
  close(): Promise<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const NONE = new Uint8Array(0)
const OPEN_END = Uint8Array.of(0)

const PUT: Omit<PutRequest, 'key' | 'value'> = {
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
}

export const putOf = (key: string, value: string, more: Partial<PutRequest> = {}): PutRequest => ({
  ...PUT,
  key: bytes(key),
  value: bytes(value),
  ...more,
})

export const rangeOf = (key: string, more: Partial<RangeRequest> = {}): RangeRequest => ({
  ...plainRange(key),
  ...more,
})

const watchOf = (key: string, more: Partial<WatchCreate> = {}): WatchCreate => ({
  key: bytes(key),
  rangeEnd: NONE,
  startRevision: 0,
  progressNotify: false,
  noPut: false,
  noDelete: false,
  prevKv: false,
  watchId: 0,
  fragment: false,
  ...more,
})

function done<T>(outcome: Outcome<T>): { readonly revision: number; readonly value: T } {
  assert.ok(outcome.ok, `expected success, got ${inspect(outcome)}`)
  return { revision: outcome.header.revision, value: outcome.value }
}

/** The domain error, whether it came as an outcome or as a command's result. */
function errorOf(outcome: Outcome<CommandResult> | Outcome<RangeResponse>): string | undefined {
  if (!outcome.ok) return 'error' in outcome ? outcome.error : outcome.unavailable
  return 'op' in outcome.value && outcome.value.op === 'error' ? outcome.value.error : undefined
}

/** Collects a stream's responses; `next(n)` waits for the n-th. */
class Heard {
  readonly responses: WatchResponse[] = []
  #wake: () => void = () => {}

  readonly deliver = (response: WatchResponse): void => {
    this.responses.push(response)
    this.#wake()
  }

  async until(enough: (responses: readonly WatchResponse[]) => boolean): Promise<void> {
    while (!enough(this.responses)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  get events(): string[] {
    return this.responses.flatMap(({ events }) =>
      events.map(({ type, kv }) => `${type} ${text(kv.key)}@${kv.modRevision}`),
    )
  }
}

export function chainfireContract(name: string, open: () => Promise<ChainfireUnderTest>): void {
  describe(`Chainfire contract: ${name}`, { timeout: 20_000 }, () => {
    const over = (body: (chainfire: Chainfire) => Promise<void>) => async () => {
      const under = await open()
      try {
        await body(under.chainfire)
      } finally {
        await under.close()
      }
    }
    const put = (chainfire: Chainfire, key: string, value: string, more?: Partial<PutRequest>) =>
      chainfire.write({ op: 'put', request: putOf(key, value, more) })

    it(
      'an empty store is at revision 1, the first put at 2',
      over(async (chainfire) => {
        assert.equal(done(await chainfire.range(rangeOf('a'))).revision, 1)
        assert.equal(done(await put(chainfire, 'a', '1')).revision, 2)
        const { revision, value } = done(await chainfire.range(rangeOf('a')))
        assert.equal(revision, 2)
        assert.deepEqual(
          value.kvs.map((kv) => ({ ...kv, key: text(kv.key), value: text(kv.value) })),
          [{ key: 'a', value: '1', createRevision: 2, modRevision: 2, version: 1, lease: 0n }],
        )
      }),
    )

    it(
      'ranges sort, limit, count, and read old revisions',
      over(async (chainfire) => {
        for (const key of ['c', 'a', 'b']) done(await put(chainfire, key, key))
        const all = { rangeEnd: OPEN_END }
        const first = done(await chainfire.range(rangeOf('a', { ...all, limit: 2 }))).value
        assert.deepEqual(
          [first.kvs.map((kv) => text(kv.key)), first.more, first.count],
          [['a', 'b'], true, 3],
        )
        const newest = rangeOf('a', { ...all, sortTarget: 'mod', sortOrder: 'descend' })
        const down = done(await chainfire.range(newest)).value
        assert.deepEqual(
          down.kvs.map((kv) => text(kv.key)),
          ['b', 'a', 'c'],
        )
        const old = done(await chainfire.range(rangeOf('a', { ...all, revision: 2 })))
        assert.deepEqual([old.value.count, old.revision], [1, 4])
        const future = await chainfire.range(rangeOf('a', { revision: 99 }))
        assert.equal(errorOf(future), 'future-revision')
      }),
    )

    it(
      'deleting nothing makes no revision; deleting a range makes one',
      over(async (chainfire) => {
        const doom: Command = {
          op: 'delete-range',
          request: { key: bytes('k'), rangeEnd: bytes('l'), prevKv: true },
        }
        assert.equal(done(await chainfire.write(doom)).revision, 1)
        done(await put(chainfire, 'k1', '1'))
        done(await put(chainfire, 'k2', '2'))
        const { revision, value } = done(await chainfire.write(doom))
        assert.equal(revision, 4)
        assert.ok(value.op === 'delete-range')
        assert.equal(value.response.deleted, 2)
        assert.deepEqual(
          value.response.prevKvs.map((kv) => text(kv.value)),
          ['1', '2'],
        )
      }),
    )

    it(
      'a transaction takes one branch at one revision',
      over(async (chainfire) => {
        const success: RequestOp[] = [
          { op: 'put', request: putOf('x', 'new') },
          { op: 'range', request: rangeOf('x') },
        ]
        const failure: RequestOp[] = [{ op: 'range', request: rangeOf('x') }]
        const txn: Command = {
          op: 'txn',
          request: {
            compare: [
              {
                key: bytes('x'),
                rangeEnd: NONE,
                result: 'equal',
                operand: { target: 'create', value: 0 },
              },
            ],
            success,
            failure,
          },
        }
        const won = done(await chainfire.write(txn))
        assert.ok(won.value.op === 'txn' && won.value.response.succeeded)
        assert.equal(won.revision, 2)
        const read = won.value.response.responses[1]
        assert.ok(read?.op === 'range')
        assert.equal(text(read.response.kvs[0]?.value as Uint8Array), 'new')
        const lost = done(await chainfire.write(txn))
        assert.ok(lost.value.op === 'txn' && !lost.value.response.succeeded)
        assert.equal(lost.revision, 2)
      }),
    )

    it(
      'compaction hides what was, and cannot go back or ahead',
      over(async (chainfire) => {
        for (const value of ['1', '2', '3']) done(await put(chainfire, 'a', value))
        done(await chainfire.write({ op: 'compact', revision: 3 }))
        assert.equal(errorOf(await chainfire.range(rangeOf('a', { revision: 2 }))), 'compacted')
        done(await chainfire.range(rangeOf('a', { revision: 3 })))
        const again = await chainfire.write({ op: 'compact', revision: 3 })
        assert.equal(errorOf(again), 'compacted')
        const ahead = await chainfire.write({ op: 'compact', revision: 9 })
        assert.equal(errorOf(ahead), 'future-revision')
      }),
    )

    it(
      'a lease takes its keys with it',
      over(async (chainfire) => {
        const grant: Command = { op: 'lease-grant', id: 7n, ttl: 60 }
        done(await chainfire.write(grant))
        assert.equal(errorOf(await chainfire.write(grant)), 'lease-exists')
        done(await put(chainfire, 'l', '1', { lease: 7n }))
        assert.equal(errorOf(await put(chainfire, 'm', '1', { lease: 8n })), 'lease-not-found')
        assert.deepEqual(done(await chainfire.leases()).value, [7n])
        const left = done(await chainfire.timeToLive(7n, true)).value
        assert.ok(left.ttl > 50 && left.ttl <= 60, `${left.ttl} s left`)
        assert.deepEqual([left.grantedTtl, left.keys.map(text)], [60, ['l']])
        assert.equal(done(await chainfire.keepAlive(7n)).value.ttl, 60)
        done(await chainfire.write({ op: 'lease-revoke', id: 7n, term: 0, granted: 0 }))
        assert.equal(done(await chainfire.range(rangeOf('l'))).value.count, 0)
        const gone = await chainfire.write({ op: 'lease-revoke', id: 7n, term: 0, granted: 0 })
        assert.equal(errorOf(gone), 'lease-not-found')
      }),
    )

    it(
      'asking for a lease that is not there is no error',
      over(async (chainfire) => {
        done(await put(chainfire, 'a', '1'))
        assert.equal(done(await chainfire.keepAlive(99n)).value.ttl, 0)
        const left = done(await chainfire.timeToLive(99n, true)).value
        assert.deepEqual([left.ttl, left.grantedTtl, left.keys.length], [-1, 0, 0])
      }),
    )

    it(
      'a watcher hears what happened since its start revision, in order, then what happens',
      over(async (chainfire) => {
        done(await put(chainfire, 'w', '1'))
        done(await put(chainfire, 'other', '1'))
        const heard = new Heard()
        const stream = chainfire.watch(16, heard.deliver)
        stream.create(watchOf('w', { startRevision: 2, prevKv: true }))
        await heard.until(() => heard.events.length === 1)
        assert.equal(heard.responses[0]?.created, true)
        done(await put(chainfire, 'w', '2'))
        const doom = { key: bytes('w'), rangeEnd: NONE, prevKv: false }
        done(await chainfire.write({ op: 'delete-range', request: doom }))
        await heard.until(() => heard.events.length === 3)
        assert.deepEqual(heard.events, ['put w@2', 'put w@4', 'delete w@5'])
        const last = heard.responses.at(-1)?.events[0]
        assert.equal(text(last?.prevKv?.value as Uint8Array), '2')
        stream.close()
      }),
    )

    it(
      'watchers get ids from 0, may name their own, and are told when they end',
      over(async (chainfire) => {
        done(await put(chainfire, 'a', '1'))
        const heard = new Heard()
        const stream = chainfire.watch(16, heard.deliver)
        stream.create(watchOf('a'))
        stream.create(watchOf('a', { watchId: 5 }))
        stream.create(watchOf('a', { watchId: 5 }))
        stream.create(watchOf('b', { rangeEnd: bytes('a') }))
        stream.cancel(5)
        await heard.until((responses) => responses.length === 5)
        assert.deepEqual(
          heard.responses.map((r) => [r.watchId, r.created, r.canceled, r.cancelReason]),
          [
            [0, true, false, ''],
            [5, true, false, ''],
            [-1, true, true, 'mvcc: duplicate watch ID provided on the WatchStream'],
            [-1, true, true, 'mvcc: watcher range is empty'],
            [5, false, true, ''],
          ],
        )
        stream.close()
      }),
    )

    it(
      'a watcher below the compaction is told so, and ends',
      over(async (chainfire) => {
        for (const value of ['1', '2', '3']) done(await put(chainfire, 'a', value))
        done(await chainfire.write({ op: 'compact', revision: 4 }))
        const heard = new Heard()
        const stream = chainfire.watch(16, heard.deliver)
        stream.create(watchOf('a', { startRevision: 2 }))
        await heard.until((responses) => responses.length === 2)
        const [created, ended] = heard.responses
        assert.deepEqual([created?.created, created?.canceled], [true, false])
        assert.deepEqual([ended?.canceled, ended?.compactRevision], [true, 4])
        stream.close()
      }),
    )

    it(
      'no more responses are under way than the window, and none is lost',
      over(async (chainfire) => {
        done(await put(chainfire, 'p', '0'))
        const heard = new Heard()
        const stream = chainfire.watch(2, heard.deliver)
        stream.create(watchOf('p', { startRevision: 2 }))
        await heard.until((responses) => responses.length === 2)
        for (const value of ['1', '2', '3']) done(await put(chainfire, 'p', value))
        assert.equal(heard.responses.length, 2)
        for (let taken = 0; heard.events.length < 4; ) {
          const there = heard.responses.length
          stream.consumed(there - taken)
          taken = there
          await heard.until((responses) => responses.length > there)
        }
        assert.deepEqual(heard.events, ['put p@2', 'put p@3', 'put p@4', 'put p@5'])
        stream.close()
      }),
    )

    it(
      'progress is told once every watcher has come as far',
      over(async (chainfire) => {
        done(await put(chainfire, 'a', '1'))
        const heard = new Heard()
        const stream = chainfire.watch(16, heard.deliver)
        stream.create(watchOf('a'))
        await heard.until((responses) => responses.length === 1)
        stream.progress()
        await heard.until((responses) => responses.length === 2)
        const told = heard.responses[1]
        assert.deepEqual([told?.watchId, told?.events.length, told?.header.revision], [-1, 0, 2])
        stream.close()
      }),
    )
  })
}
