/** First regions of namespaces: their stores are told until each of them has founded its peer. */

import type { FoundingRecord } from '../../core/placement/records.ts'
import { type RegionId, regionId } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { StoreCreate, StoreDone } from '../../wire/messages/store.ts'
import type { Driving } from './driving.ts'

export const FOUNDING_TAG = 'founding:'

const ASK_MS = 2000

export class Foundings {
  readonly #driving: Driving
  /** Stores that are being told, by tag. */
  readonly #asked = new Set<string>()

  constructor(driving: Driving) {
    this.#driving = driving
  }

  /** Once what the record says is on disk; and again until all have answered. */
  tell(context: Context): void {
    for (const record of this.#driving.picture.foundings.values()) this.#tellStores(record, context)
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    this.#asked.delete(tag)
    const [, id = '', store = ''] = tag.split(':')
    if (!outcome.ok || outcome.message.kind !== 'store.done') return
    const { refusal } = outcome.message as StoreDone
    if (refusal === undefined) this.#founded(regionId(Number(id)), store)
    else context.log.warn({ region: Number(id), store, refusal }, 'a store does not found its peer')
  }

  #tellStores({ descriptor, waits }: FoundingRecord, context: Context): void {
    const { picture } = this.#driving
    for (const store of waits) {
      const tag = `${FOUNDING_TAG}${descriptor.id}:${store}`
      if (this.#asked.has(tag)) continue
      const now = picture.regions.get(descriptor.id)?.descriptor ?? descriptor
      // Replaced before it ever knew: it has nothing to found any more.
      const own = descriptor.peers.find((peer) => peer.store === store)?.peer
      if (!now.peers.some(({ peer }) => peer === own)) this.#founded(descriptor.id, store)
      else {
        this.#asked.add(tag)
        const create: StoreCreate = { kind: 'store.create', descriptor }
        context.ask(address(store, 'store', store), create, { tag, timeoutMs: ASK_MS })
      }
    }
  }

  #founded(id: RegionId, store: string): void {
    const { picture } = this.#driving
    const record = picture.foundings.get(id)
    if (record === undefined) return
    const waits = record.waits.filter((name) => name !== store)
    picture.put({ of: 'founding', id, now: waits.length === 0 ? undefined : { ...record, waits } })
  }
}
