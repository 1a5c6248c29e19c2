/**
 * The replicated part of leases: which there are and which keys hang on them. It knows no time.
 *
 * LEASE-I1: a key hangs on at most one lease, and that lease exists.
 * LEASE-I2: the two directions of that relation agree.
 * LEASE-I3: what remains of a lease is never above what was granted.
 */

import { assert, must } from '../../base/assert.ts'
import type { LeaseRecord } from '../kv/applied.ts'
import type { KeyText } from '../mvcc/key-text.ts'

interface Lease {
  record: LeaseRecord
  readonly keys: Set<KeyText>
}

export class Lessor {
  readonly #leases = new Map<bigint, Lease>()
  readonly #leaseOf = new Map<KeyText, bigint>()

  get size(): number {
    return this.#leases.size
  }

  has(id: bigint): boolean {
    return this.#leases.has(id)
  }

  get(id: bigint): LeaseRecord | undefined {
    return this.#leases.get(id)?.record
  }

  *records(): Iterable<LeaseRecord> {
    for (const lease of this.#leases.values()) yield lease.record
  }

  /** In byte order. */
  keysOf(id: bigint): KeyText[] {
    const lease = this.#leases.get(id)
    return lease === undefined ? [] : [...lease.keys].sort()
  }

  /** 0n when the key hangs on none. */
  leaseOf(key: KeyText): bigint {
    return this.#leaseOf.get(key) ?? 0n
  }

  add(record: LeaseRecord): void {
    assert(!this.#leases.has(record.id), 'a lease is granted once')
    this.#leases.set(record.id, { record, keys: new Set() })
  }

  /** All of its keys must have been detached. */
  remove(id: bigint): void {
    const lease = must(this.#leases.get(id), 'only a known lease can be removed')
    assert(lease.keys.size === 0, 'a lease goes after its keys')
    this.#leases.delete(id)
  }

  checkpoint(id: bigint, remaining: number): LeaseRecord {
    const lease = must(this.#leases.get(id), 'only a known lease has a checkpoint')
    lease.record = { ...lease.record, remaining: Math.min(remaining, lease.record.ttl) }
    return lease.record
  }

  /** Hangs a key on a lease, or on none (0n), and takes it off the one before. */
  attach(key: KeyText, id: bigint): void {
    if (id === 0n && this.#leaseOf.size === 0) return
    const before = this.#leaseOf.get(key)
    if (before === id) return
    if (before !== undefined) {
      this.#leases.get(before)?.keys.delete(key)
      this.#leaseOf.delete(key)
    }
    if (id === 0n) return
    must(this.#leases.get(id), 'a key hangs only on a known lease').keys.add(key)
    this.#leaseOf.set(key, id)
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    let attached = 0
    for (const [id, lease] of this.#leases) {
      assert(lease.record.id === id, 'LEASE-I1: a lease under a wrong id')
      assert(lease.record.remaining <= lease.record.ttl, 'LEASE-I3: more remains than was granted')
      for (const key of lease.keys) assert(this.#leaseOf.get(key) === id, 'LEASE-I2: one way only')
      attached += lease.keys.size
    }
    assert(attached === this.#leaseOf.size, 'LEASE-I1: a key hangs on a lease that is gone')
  }
}
