/**
 * Puts a whole staged snapshot in the place of data and log. First a durable mark that this began, then
 * page by page the old rows go and the new ones come, at last one batch takes the mark away and records
 * what the log begins after. After a crash the mark is found and all of it is done again.
 */

import { unreachable } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { GroupId } from '../../base/ids.ts'
import type { SnapshotMeta } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys, GroupRoom } from '../../storage/keyspace.ts'
import { baseOp } from '../../storage/raftlog.ts'
import { openRecord, sealRecord } from '../../storage/record.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import { type Identity, identityOp } from './identity.ts'
import { after, PAGE } from './kv-reload.ts'
import type { Staging } from './staging.ts'

/** What the mark says: enough to go on from it. */
interface Mark {
  readonly snapshot: SnapshotMeta
  readonly identity: Identity
}

const WIPED: readonly GroupRoom[] = ['r', 'e', 'l']
const TAG = 'install:'

type Step = 'mark' | 'wipe' | 'place' | 'finish'

export class Installation {
  readonly #group: GroupId
  readonly #keys: GroupKeys
  readonly #staging: Staging
  readonly #mark: Mark
  #rooms = [...WIPED]
  #left: KeyRange

  constructor(group: GroupId, keys: GroupKeys, staging: Staging, mark: Mark) {
    this.#group = group
    this.#keys = keys
    this.#staging = staging
    this.#mark = mark
    this.#left = staging.all
  }

  /** One that a crash interrupted, if its mark is on disk. */
  static resumed(
    group: GroupId,
    keys: GroupKeys,
    staging: Staging,
    context: Context,
  ): Installation | undefined {
    const record = context.read(keys.installing())
    if (record === undefined) return undefined
    const mark = JSON.parse(new TextDecoder().decode(openRecord(keys.installing(), record)))
    return new Installation(group, keys, staging, mark as Mark)
  }

  get snapshot(): SnapshotMeta {
    return this.#mark.snapshot
  }

  begin(context: Context): void {
    const key = this.#keys.installing()
    const payload: Bytes = new TextEncoder().encode(JSON.stringify(this.#mark))
    context.write([{ type: 'put', key, value: sealRecord(key, payload) }])
    context.whenLanded(`${TAG}mark`)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  /** True when all of it is on disk. */
  landed(tag: string, context: Context): boolean {
    const step = tag.slice(TAG.length) as Step
    switch (step) {
      case 'mark':
      case 'wipe':
        this.#wipe(context)
        return false
      case 'place':
        context.scan(this.#left, PAGE, `${TAG}place`)
        return false
      case 'finish': {
        const { index, term } = this.#mark.snapshot
        context.log.info(
          { group: this.#group, index, term },
          'a snapshot took the place of the data',
        )
        return true
      }
      default:
        return unreachable(step)
    }
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    if (tag === `${TAG}wipe`) {
      if (!more) this.#rooms.shift()
      context.write(rows.map(([key]) => ({ type: 'delete', key })))
      context.whenLanded(tag)
      return
    }
    this.#left = after(this.#left, rows)
    context.write(this.#staging.place(rows))
    if (more) context.whenLanded(`${TAG}place`)
    else this.#finish(context)
  }

  #wipe(context: Context): void {
    const room = this.#rooms[0]
    if (room !== undefined) context.scan(this.#keys.room(room), PAGE, `${TAG}wipe`)
    else context.scan(this.#left, PAGE, `${TAG}place`)
  }

  #finish(context: Context): void {
    context.write([
      { type: 'delete', key: this.#keys.installing() },
      baseOp(this.#keys, this.#mark.snapshot),
      identityOp(this.#group, this.#mark.identity),
    ])
    context.whenLanded(`${TAG}finish`)
  }
}
