/**
 * Whom this node knows of and when it dials them next: soon after a loss, then at short, jittered
 * intervals for ever. A refusal is forgotten after five seconds. Dialling itself is a port.
 */

import type { NodeName } from '../../base/ids.ts'
import type { Random } from '../../base/ports/random.ts'
import type { Endpoint } from './stack.ts'

/** A sighting of a node: its key, and where it might be reached. */
export interface Contact {
  /** Public key, hex. */
  readonly publicKey: string
  /** Absent until it introduced itself. */
  readonly name?: NodeName
  /** To be asked directly; a look-up finds the rest. */
  readonly addresses: readonly Endpoint[]
}

export type DialOutcome = 'connected' | 'refused' | 'failed'

export interface Dialling {
  /** Never rejects. */
  dial(contact: Contact): Promise<DialOutcome>
  connected(publicKey: string): boolean
}

const BACKOFF_MS = [150, 300, 600, 900]
const JITTER_MS = 100
/** A key that never introduced itself is forgotten after so many dials; the topic may name it again. */
const GHOST_FAILURES = 10
/** Both ends may dial at once; the one with the higher key lets the other go first. */
const COURTESY_MS = 250
export const REFUSAL_MS = 5_000

interface Entry {
  contact: Contact
  failures: number
  dialling: boolean
  timer: NodeJS.Timeout | undefined
}

export class Contacts {
  readonly #self: string
  readonly #random: Random
  readonly #dialling: Dialling
  readonly #entries = new Map<string, Entry>()
  #closed = false

  constructor(self: string, random: Random, dialling: Dialling) {
    this.#self = self
    this.#random = random
    this.#dialling = dialling
  }

  all(): readonly Contact[] {
    return [...this.#entries.values()].map((entry) => entry.contact)
  }

  /** Adds what was learnt and dials it, unless it is connected. */
  learn(contact: Contact): void {
    if (this.#closed || contact.publicKey === this.#self) return
    const entry = this.#entries.get(contact.publicKey)
    if (entry === undefined) {
      const fresh = { contact, failures: 0, dialling: false, timer: undefined }
      this.#entries.set(contact.publicKey, fresh)
      this.#plan(fresh, this.#courtesy(contact.publicKey))
      return
    }
    const known = entry.contact
    const addresses = contact.addresses.length > 0 ? contact.addresses : known.addresses
    entry.contact = { ...known, ...contact, addresses }
    if (entry.timer === undefined) this.#plan(entry, this.#courtesy(contact.publicKey))
  }

  /** The link to this node is gone: dial it again, and at once if it had `lived`. */
  lost(publicKey: string, lived: boolean): void {
    const entry = this.#entries.get(publicKey)
    if (entry === undefined) return
    if (lived) entry.failures = 0
    this.#plan(entry, lived ? this.#courtesy(publicKey) : this.#backoff(entry))
  }

  /** A link stands: whoever had this name under another key is no more. */
  settled(name: NodeName, publicKey: string): void {
    for (const [key, { contact, timer }] of this.#entries) {
      if (contact.name !== name || key === publicKey) continue
      clearTimeout(timer)
      this.#entries.delete(key)
    }
  }

  /** It is no member (any more): not dialled until it is learnt of anew. True if it was known. */
  forget(publicKey: string): boolean {
    clearTimeout(this.#entries.get(publicKey)?.timer)
    return this.#entries.delete(publicKey)
  }

  close(): void {
    this.#closed = true
    for (const entry of this.#entries.values()) clearTimeout(entry.timer)
  }

  #courtesy(publicKey: string): number {
    return this.#self < publicKey ? 0 : COURTESY_MS
  }

  #plan(entry: Entry, delayMs: number): void {
    if (this.#closed || entry.dialling) return
    clearTimeout(entry.timer)
    entry.timer = setTimeout(() => this.#attempt(entry), delayMs)
  }

  async #attempt(entry: Entry): Promise<void> {
    entry.timer = undefined
    const { publicKey } = entry.contact
    if (this.#closed || this.#dialling.connected(publicKey)) return
    entry.dialling = true
    const outcome = await this.#dialling.dial(entry.contact)
    entry.dialling = false
    if (this.#entries.get(publicKey) !== entry) return
    if (this.#dialling.connected(publicKey)) return
    if (entry.contact.name === undefined && entry.failures >= GHOST_FAILURES) {
      this.#entries.delete(publicKey)
      return
    }
    this.#plan(entry, outcome === 'refused' ? REFUSAL_MS : this.#backoff(entry))
  }

  #backoff(entry: Entry): number {
    const backoff = BACKOFF_MS[Math.min(entry.failures++, BACKOFF_MS.length - 1)] as number
    return backoff + this.#random.below(JITTER_MS)
  }
}
