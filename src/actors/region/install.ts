/**
 * Puts a whole staged snapshot in the place of data and log. First a durable mark that this began, then page by
 * page the old rows go and the new ones come, at last one batch takes the mark away and records what the log
 * begins after. After a crash the mark is found and all of it is done again.
 */

import type { SnapshotMeta } from '../../core/raft/types.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { baseOp } from '../../storage/raftlog.ts'
import { openRecord, sealRecord } from '../../storage/record.ts'
import { NamespaceKeys } from '../../storage/region-keyspace.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'
import type { Staging } from './staging.ts'

const TAG = 'install:'
type Step = 'wipe' | 'place' | 'finish'

export class Installation {
  readonly snapshot: SnapshotMeta
  readonly #keys: GroupKeys
  readonly #staging: Staging
  /** What lies where the snapshot comes: the region may have been wider. */
  readonly #wipe: KeyRange[]
  #left: KeyRange

  /** `before`: what the region was on this disk until now. */
  constructor(snapshot: SnapshotMeta, keys: GroupKeys, staging: Staging, before: RegionDescriptor) {
    const data = new NamespaceKeys(before.namespace)
    this.snapshot = snapshot
    this.#keys = keys
    this.#staging = staging
    this.#wipe = [data.versions(before), data.locks(before), keys.room('s'), keys.room('l')]
    this.#left = staging.all
  }

  /** What a crash interrupted, if its mark is on disk. */
  static interrupted(keys: GroupKeys, context: Context): SnapshotMeta | undefined {
    const record = context.read(keys.installing())
    if (record === undefined) return undefined
    const text = new TextDecoder().decode(openRecord(keys.installing(), record))
    return JSON.parse(text) as SnapshotMeta
  }

  begin(context: Context): void {
    const key = this.#keys.installing()
    const payload = new TextEncoder().encode(JSON.stringify(this.snapshot))
    context.write([{ type: 'put', key, value: sealRecord(key, payload) }])
    this.#then('wipe', context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  /** True when all of it is on disk. */
  landed(tag: string, context: Context): boolean {
    const step = tag.slice(TAG.length) as Step
    if (step === 'finish') return true
    const next = step === 'wipe' ? this.#wipe[0] : this.#left
    if (next !== undefined) context.scan(next, PAGE, tag)
    else context.scan(this.#left, PAGE, `${TAG}place`)
    return false
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    if (tag === `${TAG}wipe`) {
      if (!more) this.#wipe.shift()
      context.write(rows.map(([key]) => ({ type: 'delete', key })))
      this.#then('wipe', context)
      return
    }
    this.#left = after(this.#left, rows)
    context.write(this.#staging.place(rows))
    if (more) this.#then('place', context)
    else this.#finish(context)
  }

  #finish(context: Context): void {
    const mark = this.#keys.installing()
    context.write([{ type: 'delete', key: mark }, baseOp(this.#keys, this.snapshot)])
    this.#then('finish', context)
  }

  #then(step: Step, context: Context): void {
    context.whenLanded(`${TAG}${step}`)
  }
}
