/**
 * The end of a peer that is no member any more: its tombstone first, then page by page all of its rows, its
 * descriptor last, so that a crash in between finds that something is left; at last its store stops it.
 */

import type { PeerId } from '../../base/ids.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { NamespaceKeys } from '../../storage/region-keyspace.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import type { StoreDestroy } from '../../wire/messages/store.ts'
import { PAGE } from '../raft-group/kv-reload.ts'

const ASK_TAG = 'destroy'
const CLEAR_TAG = 'clear'
const ASK_MS = 3000
const AGAIN_MS = 200
const TIMER = 'destroy-again'

export class Death {
  readonly #descriptor: RegionDescriptor
  readonly #self: PeerId
  readonly #keys: GroupKeys
  #left: KeyRange[]

  constructor(descriptor: RegionDescriptor, self: PeerId, keys: GroupKeys) {
    this.#descriptor = descriptor
    this.#self = self
    this.#keys = keys
    const data = new NamespaceKeys(descriptor.namespace)
    const rooms = (['l', 's', 'i'] as const).map((room) => keys.room(room))
    this.#left = [data.versions(descriptor), data.locks(descriptor), ...rooms]
  }

  begin(context: Context): void {
    this.#ask(false, context)
  }

  ownsTag(tag: string): boolean {
    return tag === ASK_TAG || tag === CLEAR_TAG || tag === TIMER
  }

  /** The tombstone is on disk, or the store knows that nothing is left. */
  answered(outcome: AskOutcome, context: Context): void {
    if (!outcome.ok) context.setTimer(TIMER, AGAIN_MS)
    else if (this.#left.length > 0) this.#clear(context)
  }

  again(context: Context): void {
    this.#ask(this.#left.length === 0, context)
  }

  page(rows: readonly Row[], more: boolean, context: Context): void {
    context.write(rows.map(([key]) => ({ type: 'delete', key })))
    if (!more) this.#left.shift()
    if (this.#left.length > 0) {
      this.#clear(context)
      return
    }
    const last = [this.#keys.hardState(), this.#keys.logStart(), this.#keys.applied()]
    context.write([...last, this.#keys.descriptor()].map((key) => ({ type: 'delete', key })))
    context.whenAllLanded(CLEAR_TAG)
  }

  cleared(context: Context): void {
    this.#ask(true, context)
  }

  #clear(context: Context): void {
    const [next] = this.#left
    if (next !== undefined) context.scan(next, PAGE, CLEAR_TAG)
  }

  #ask(cleared: boolean, context: Context): void {
    const { node } = context.self
    const destroy: StoreDestroy = {
      kind: 'store.destroy',
      region: this.#descriptor.id,
      peer: this.#self,
      cleared,
    }
    context.ask(address(node, 'store', node), destroy, { tag: ASK_TAG, timeoutMs: ASK_MS })
  }
}
