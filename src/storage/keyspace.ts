/**
 * Where everything lies in a node's one ordered store. Every prefix has one owner shard.
 *
 *     b | shard (2)                        | slot (2)   batch ring of a shard
 *     g | group, 0 | h                                  hard state: term, vote, commit
 *     g | group, 0 | c                                  log start: snapshot index and term, configuration
 *     g | group, 0 | l | index (8)                      log entries, from this one on
 *     g | group, 0 | a                                  applied index and what the machine needs beside rows
 *     g | group, 0 | e | lease id (8)                   leases
 *     g | group, 0 | i                                  a snapshot is being put in place
 *     g | group, 0 | r | main (8) | sub (4)             revisions
 *     g | group, 0 | d                                  a region's descriptor, peers announced to it
 *     g | group, 0 | s | session (8)                    what a region answered to a session's marked writes
 *     d | namespace (4) | w | key, escaped | ~commit (8)  versions of a namespace's keys: region-keyspace.ts
 *     d | namespace (4) | k | key, escaped              locks of transactions
 *     n | name                                          rows of the node itself: pins, known groups
 *     n | region/ and its id                            a region that has, or had, a peer here
 *
 * Numbers are big-endian, so that byte order is numeric order. Frozen: data of earlier versions lies so.
 * Ranges of `d` belong to whoever has the region of those keys, whatever its shard.
 */

import { assert } from '../base/assert.ts'
import { type Bytes, concatBytes, getUint64, prefixEnd, putUint64 } from '../base/bytes.ts'
import type { GroupId } from '../base/ids.ts'
import { putBigUint64 } from '../base/uint64.ts'
import type { KeyRange } from './store.ts'

const encoder = new TextEncoder()

export type GroupRoom = 'h' | 'c' | 'l' | 'a' | 'e' | 'i' | 'r' | 'd' | 's'

/** The keys of one group; made once per actor, since every write needs them. */
export class GroupKeys {
  readonly #prefix: Bytes

  constructor(group: GroupId) {
    assert(group.length > 0 && !group.includes('\0'), 'a group id is not empty and has no NUL')
    this.#prefix = concatBytes(encoder.encode('g'), encoder.encode(group), new Uint8Array(1))
  }

  hardState(): Bytes {
    return this.#key('h', 0)
  }

  logStart(): Bytes {
    return this.#key('c', 0)
  }

  applied(): Bytes {
    return this.#key('a', 0)
  }

  descriptor(): Bytes {
    return this.#key('d', 0)
  }

  session(id: bigint): Bytes {
    const key = this.#key('s', 8)
    putBigUint64(key, key.length - 8, id)
    return key
  }

  installing(): Bytes {
    return this.#key('i', 0)
  }

  /** Of the row whose first entry this is. */
  entry(index: number): Bytes {
    const key = this.#key('l', 8)
    putUint64(key, key.length - 8, index)
    return key
  }

  /** The index in a key that `entry` made. */
  entryIndex(key: Bytes): number {
    return getUint64(key, this.tailAt)
  }

  revision(main: number, sub: number): Bytes {
    const key = this.#key('r', 12)
    putUint64(key, key.length - 12, main)
    new DataView(key.buffer).setUint32(key.length - 4, sub)
    return key
  }

  lease(id: bigint): Bytes {
    const key = this.#key('e', 8)
    new DataView(key.buffer).setBigUint64(key.length - 8, BigInt.asUintN(64, id))
    return key
  }

  /** All rows of one room. */
  room(room: GroupRoom): KeyRange {
    const from = this.#key(room, 0)
    return { from, to: mustEnd(from) }
  }

  /** Everything of the group. */
  all(): KeyRange {
    return { from: this.#prefix, to: mustEnd(this.#prefix) }
  }

  /** What stands behind the room's letter: for reading keys back. */
  get tailAt(): number {
    return this.#prefix.length + 1
  }

  #key(room: GroupRoom, tailBytes: number): Bytes {
    const key = new Uint8Array(this.#prefix.length + 1 + tailBytes)
    key.set(this.#prefix)
    key[this.#prefix.length] = room.charCodeAt(0)
    return key
  }
}

/** The slot in which a shard's batch number is kept; `slot` goes round. */
export function batchRingKey(shard: number, slot: number): Bytes {
  const key = new Uint8Array(5)
  key[0] = 0x62
  const view = new DataView(key.buffer)
  view.setUint16(1, shard)
  view.setUint16(3, slot)
  return key
}

export function nodeKey(name: string): Bytes {
  return concatBytes(encoder.encode('n'), encoder.encode(name))
}

/** All rows of the node whose name begins so. */
export function nodeRange(prefix: string): KeyRange {
  const from = nodeKey(prefix)
  return { from, to: mustEnd(from) }
}

function mustEnd(prefix: Bytes): Bytes {
  const end = prefixEnd(prefix)
  assert(end !== undefined, 'every prefix of the key space has an end')
  return end
}
