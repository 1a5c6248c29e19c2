/**
 * Frames: how envelope tuples travel over a link. A frame is for one shard of one node and is built by
 * the sending shard; the main threads in between read only its header.
 *
 * Layout: magic `Pl` | wire version | lane | shard, 2 bytes | tuples, 2 bytes | msgpack array of tuples.
 * Promises: a frame is at most its lane's budget long, unless one tuple alone is longer; none is over
 * 4 MiB. Decoding gives tuples or `MalformedMessage`. What is in a tuple is checked by the codec.
 */

import { assert } from '../base/assert.ts'
import type { Bytes } from '../base/bytes.ts'
import { arrayLength, pack, unpack, unpackOwn } from './pack.ts'
import { MalformedMessage } from './schema.ts'

/** What this build speaks: peers agree on the highest version that both have. */
export const WIRE_VERSIONS = { min: 2, max: 2 } as const

/** The stream of a link that a frame takes. */
export type FrameLane = 'raft' | 'bulk'

/** Where frames are cut, in bytes. Small on the consensus lane, so that nothing waits behind a big one. */
export const FRAME_BUDGET: Readonly<Record<FrameLane, number>> = {
  raft: 64 * 1024,
  bulk: 256 * 1024,
}
/** No frame is longer, whatever it holds. */
export const FRAME_MAX: number = 4 * 1024 * 1024

const HEADER = 8
const MAX_TUPLES = 0xffff
const LANES: readonly FrameLane[] = ['raft', 'bulk']
const [MAGIC_0, MAGIC_1] = [0x50, 0x6c]

export interface Frame {
  readonly shard: number
  readonly lane: FrameLane
  readonly tuples: readonly unknown[]
}

/** The tuples, in order, in as few frames as the lane allows. */
export function encodeFrames(shard: number, lane: FrameLane, tuples: readonly unknown[]): Bytes[] {
  assert(shard >= 0 && shard <= 0xffff, 'a shard number has two bytes')
  const frames: Bytes[] = []
  for (let from = 0; from < tuples.length; from += MAX_TUPLES) {
    encodeWithin(shard, lane, tuples.slice(from, from + MAX_TUPLES), frames)
  }
  return frames
}

/** Splits by halves what is over the budget: nearly always the first try fits. */
function encodeWithin(
  shard: number,
  lane: FrameLane,
  tuples: readonly unknown[],
  into: Bytes[],
): void {
  const frame = pack(tuples, HEADER)
  if (frame.length > FRAME_BUDGET[lane] && tuples.length > 1) {
    const half = tuples.length >>> 1
    encodeWithin(shard, lane, tuples.slice(0, half), into)
    encodeWithin(shard, lane, tuples.slice(half), into)
    return
  }
  assert(frame.length <= FRAME_MAX, `a message of ${frame.length} bytes is too long for a frame`)
  frame.set([MAGIC_0, MAGIC_1, WIRE_VERSIONS.max, LANES.indexOf(lane)])
  const header = new DataView(frame.buffer, 0, HEADER)
  header.setUint16(4, shard)
  header.setUint16(6, tuples.length)
  into.push(frame)
}

/** The shard a frame is for, from its header alone; `workers` is how many worker shards this node has. */
export function peekShard(frame: Bytes, workers: number): number {
  return readHeader(frame, workers).shard
}

/** The whole frame; its tuples' byte strings still alias it. */
export function decodeFrame(frame: Bytes, workers: number): Frame {
  const { shard, lane, count } = readHeader(frame, workers)
  if (arrayLength(frame, HEADER) !== count) {
    throw new MalformedMessage('frame.body', `an array of ${count} tuples`)
  }
  return { shard, lane, tuples: unpack(frame, HEADER) as unknown[] }
}

/** Tuples for another shard of this process: no header, no limit, no checks. */
export const encodePost = (tuples: readonly unknown[]): Bytes => pack(tuples)

export const decodePost = (post: Bytes): readonly unknown[] => unpackOwn(post) as unknown[]

interface Header {
  readonly shard: number
  readonly lane: FrameLane
  readonly count: number
}

function readHeader(frame: Bytes, workers: number): Header {
  if (frame.length <= HEADER || frame.length > FRAME_MAX) {
    throw new MalformedMessage('frame', `over ${HEADER} and at most ${FRAME_MAX} bytes`)
  }
  if (frame[0] !== MAGIC_0 || frame[1] !== MAGIC_1) {
    throw new MalformedMessage('frame.magic', '"Pl"')
  }
  const version = frame[2] as number
  if (version < WIRE_VERSIONS.min || version > WIRE_VERSIONS.max) {
    throw new MalformedMessage('frame.version', `${WIRE_VERSIONS.min} to ${WIRE_VERSIONS.max}`)
  }
  const lane = LANES[frame[3] as number]
  if (lane === undefined) throw new MalformedMessage('frame.lane', '0 or 1')
  const header = new DataView(frame.buffer, frame.byteOffset, HEADER)
  const shard = header.getUint16(4)
  if (shard > workers) throw new MalformedMessage('frame.shard', `at most ${workers}`)
  const count = header.getUint16(6)
  if (count === 0) throw new MalformedMessage('frame.count', 'at least 1')
  return { shard, lane, count }
}

/** All of it, as a shard is given it. */
export const FRAMES = { encodeFrames, peekShard, decodeFrame, encodePost, decodePost } as const
