/** Frames: the layout on the wire, the split, and what is refused. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Bytes } from '../../src/base/bytes.ts'
import {
  decodeFrame,
  encodeFrames,
  FRAME_BUDGET,
  FRAME_MAX,
  peekShard,
} from '../../src/wire/frame.ts'
import { pack, unpack } from '../../src/wire/pack.ts'
import { MalformedMessage } from '../../src/wire/schema.ts'

const hex = (bytes: Bytes | undefined): string => Buffer.from(bytes ?? []).toString('hex')
const malformed = (path: string) => (error: unknown) =>
  error instanceof MalformedMessage && error.path === path

/** The only frame of a few tuples. */
function one(tuples: readonly unknown[], shard = 1): Bytes {
  const [frame, ...rest] = encodeFrames(shard, 'raft', tuples)
  assert.equal(rest.length, 0)
  return frame as Bytes
}

describe('frames (docs/links.md 3)', () => {
  it('3.1 looks like this on the wire, byte by byte', () => {
    const tuples = [
      ['n1', 7, null, true],
      [Uint8Array.of(1, 2), 5n, -1, 1.5],
    ]
    assert.equal(
      hex(one(tuples, 2)),
      '506c02000002000292' + '94a26e3107c0c3' + '94c4020102d30000000000000005ffcb3ff8000000000000',
    )
  })

  it('3.1 names its lane', () => {
    assert.equal(encodeFrames(0, 'bulk', [[1]])[0]?.[3], 1)
  })

  it('3.2 brings back every tuple as it was', () => {
    const scalar = fc.oneof(
      fc.maxSafeInteger(),
      fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
    )
    const tuple = fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 20 })), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(tuple, { minLength: 1, maxLength: 20 }), (tuples) => {
        const frame = decodeFrame(one(tuples), 1)
        assert.equal(hex(pack(frame.tuples)), hex(pack(tuples)))
      }),
    )
  })

  it('3.3 is cut at the budget of its lane, keeping order', () => {
    const tuples = Array.from({ length: 300 }, (_, i) => [i, new Uint8Array(1000)])
    const frames = encodeFrames(3, 'raft', tuples)
    assert.ok(frames.length > 4)
    assert.ok(frames.every((frame) => frame.length <= FRAME_BUDGET.raft))
    const back = frames.flatMap((frame) => decodeFrame(frame, 3).tuples) as unknown[][]
    assert.deepEqual(
      back.map((tuple) => tuple[0]),
      tuples.map((tuple) => tuple[0]),
    )
  })

  it('3.3 lets one long tuple ride alone', () => {
    const long = [0, new Uint8Array(1_500_000)]
    const frames = encodeFrames(1, 'raft', [[1], long, [2]])
    assert.equal(frames.length, 3)
    assert.ok(frames.every((frame) => decodeFrame(frame, 1).tuples.length === 1))
  })

  it('3.3 makes a tuple that no frame can hold a bug of the sender', () => {
    assert.throws(() => encodeFrames(1, 'bulk', [[new Uint8Array(FRAME_MAX)]]), /too long/)
  })

  it('3.4 tells its shard without decoding, within the shards there are', () => {
    const frame = one([[1]], 2)
    frame[frame.length - 1] = 0xc1
    assert.equal(peekShard(frame, 2), 2)
    assert.throws(() => peekShard(frame, 1), malformed('frame.shard'))
  })
})

describe('malformed frames (docs/links.md 3.5)', () => {
  const edited = (edit: (frame: Bytes) => void): Bytes => {
    const frame = one([[1, 'two'], [3]])
    edit(frame)
    return frame
  }
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ['empty', new Uint8Array(0), 'frame'],
    ['header only', one([[1]]).slice(0, 8), 'frame'],
    ['over the cap', new Uint8Array(FRAME_MAX + 1), 'frame'],
    ['foreign', edited((f) => f.fill(0, 0, 2)), 'frame.magic'],
    ['of version 0', edited((f) => f.fill(0, 2, 3)), 'frame.version'],
    ['of a later version', edited((f) => f.fill(9, 2, 3)), 'frame.version'],
    ['of no lane', edited((f) => f.fill(2, 3, 4)), 'frame.lane'],
    ['without tuples', edited((f) => f.fill(0, 6, 8)), 'frame.count'],
    ['of another count', edited((f) => f.fill(1, 7, 8)), 'frame.body'],
    ['not an array', edited((f) => f.fill(0xc0, 8, 9)), 'frame.body'],
    ['cut short', one([[1, 'two']]).slice(0, -1), 'body'],
    ['followed by more', Uint8Array.of(...one([[1]]), 0), 'body'],
  ]
  for (const [what, frame, path] of cases) {
    it(`refuses one that is ${what}`, () => {
      assert.throws(() => decodeFrame(frame, 1), malformed(path))
    })
  }

  const bodies: readonly (readonly [string, readonly number[]])[] = [
    ['a map', [0x81, 0x01, 0x01]],
    ['an extension', [0xd4, 0x00, 0x00]],
    ['a length beyond the end', [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ['an array longer than the bytes', [0xdd, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a nest', new Array(100_000).fill(0x91)],
    ['the unused byte', [0xc1]],
  ]
  for (const [what, body] of bodies) {
    it(`refuses ${what} before it allocates anything`, () => {
      assert.throws(() => unpack(Uint8Array.from(body)), malformed('body'))
    })
  }
})
