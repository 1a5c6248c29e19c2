import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bool,
  bytes,
  count,
  id,
  int,
  list,
  MalformedMessage,
  oneOf,
  optional,
  pair,
  recursive,
  type Schema,
  struct,
  text,
  union,
} from '../../src/wire/schema.ts'

const shape = union('op', {
  put: struct({ key: bytes(8), value: optional(text(4)), lease: id }),
  range: struct({ limits: list(pair(count, int), 3), sort: oneOf('up', 'down'), all: bool }),
})

const anyCount = fc.maxSafeNat()
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>
const anyOp = fc.oneof(
  record({
    op: fc.constant('put' as const),
    key: fc.uint8Array({ maxLength: 8 }),
    value: fc.option(fc.string({ maxLength: 4 }), { nil: undefined }),
    lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  }),
  record({
    op: fc.constant('range' as const),
    limits: fc.array(fc.tuple(anyCount, fc.maxSafeInteger()), { maxLength: 3 }),
    sort: fc.constantFrom('up' as const, 'down' as const),
    all: fc.boolean(),
  }),
)

function refusal(schema: Schema<unknown>, tuple: unknown): MalformedMessage {
  try {
    schema.decode(tuple)
  } catch (error) {
    assert.ok(error instanceof MalformedMessage, String(error))
    return error
  }
  return assert.fail(`taken: ${JSON.stringify(tuple)}`)
}

test('what is encoded decodes to the same value, also after structured clone', () => {
  fc.assert(
    fc.property(anyOp, (value) => {
      assert.deepEqual(shape.decode(structuredClone(shape.encode(value))), value)
    }),
  )
})

test('a tuple is positional: no field name travels', () => {
  const tuple = shape.encode({ op: 'range', limits: [[1, -2]], sort: 'down', all: true })
  assert.deepEqual(tuple, [1, [[1, -2]], 1, true])
})

test('anything else is refused as malformed, never by another error', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withTypedArray: true, maxDepth: 3 }), (junk) => {
      try {
        shape.decode(junk)
      } catch (error) {
        assert.ok(error instanceof MalformedMessage, String(error))
      }
    }),
  )
})

test('a refusal names the field and what was expected there', () => {
  const found = refusal(shape, [
    1,
    [
      [1, -2],
      [-1, 0],
    ],
    0,
    false,
  ])
  assert.equal(found.path, 'range.limits.1.0')
  assert.equal(found.expected, 'a count')
  assert.match(found.message, /range\.limits\.1\.0 must be a count/)
})

test('every bound is kept', () => {
  const put = (key: unknown, value: unknown, lease: unknown): unknown => [0, key, value, lease]
  assert.equal(refusal(shape, put(new Uint8Array(9), null, 1n)).path, 'put.key')
  assert.equal(refusal(shape, put(new Uint8Array(8), 'five!', 1n)).path, 'put.value')
  assert.equal(refusal(shape, put(new Uint8Array(8), null, 1)).path, 'put.lease')
  assert.equal(refusal(shape, put(new Uint8Array(8), null, 2n ** 64n)).path, 'put.lease')
  assert.equal(refusal(shape, [1, Array(4).fill([0, 0]), 0, true]).path, 'range.limits')
  assert.equal(refusal(shape, [1, [], 2, true]).path, 'range.sort')
  assert.equal(refusal(shape, [1, [], 0, 1]).path, 'range.all')
  assert.equal(refusal(shape, [1, [], 0, true, 'more']).path, 'range')
  assert.equal(refusal(shape, [2]).path, '')
  assert.equal(refusal(count, 2 ** 53).path, '')
  assert.equal(refusal(int, 0.5).path, '')
  assert.equal(refusal(count, Number.NaN).path, '')
})

test('decoded bytes are never copied and never a Buffer', () => {
  const frame = Buffer.from('a long frame with a key inside')
  const decoded = bytes(64).decode(frame.subarray(7, 12))
  assert.equal(decoded.constructor, Uint8Array)
  assert.equal(decoded.buffer, frame.buffer)
  assert.equal(new TextDecoder().decode(decoded), 'frame')
})

test('a nested shape is followed only to its depth', () => {
  interface Tree {
    readonly children: readonly Tree[]
  }
  const tree = recursive<Tree>(3, (inner) => struct({ children: list(inner, 2) }))
  const nest = (levels: number): Tree => ({ children: levels === 0 ? [] : [nest(levels - 1)] })
  assert.deepEqual(tree.decode(tree.encode(nest(3))), nest(3))
  assert.match(refusal(tree, tree.encode(nest(4))).expected, /nested/)
  assert.deepEqual(tree.decode(tree.encode(nest(3))), nest(3), 'a refusal leaves no trace')
})
