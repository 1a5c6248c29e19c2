/**
 * Who belongs to a group: questions about a configuration, its bytes in the log, and the history of
 * those that a log still holds. A peer acts on the latest one in its log, committed or not (4.1).
 */

import { assert, must } from '../../base/assert.ts'
import { type Bytes, getUint64, putUint64 } from '../../base/bytes.ts'
import { type PeerId, peerId } from '../../base/ids.ts'
import type { Configuration } from './types.ts'

export const EMPTY_CONFIGURATION: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  autoLeave: false,
}

export const votersOnly = (voters: readonly PeerId[]): Configuration => ({
  ...EMPTY_CONFIGURATION,
  voters: ascending(voters),
})

export const ascending = (peers: Iterable<PeerId>): PeerId[] => [...peers].sort((a, b) => a - b)

export const isJoint = (c: Configuration): boolean => c.outgoing.length > 0

export const isVoter = (c: Configuration, peer: PeerId): boolean =>
  c.voters.includes(peer) || c.outgoing.includes(peer)

export const isMember = (c: Configuration, peer: PeerId): boolean =>
  isVoter(c, peer) || c.learners.includes(peer)

/** Everyone in it, once, ascending. */
export const membersOf = (c: Configuration): PeerId[] =>
  ascending(new Set([...c.voters, ...c.outgoing, ...c.learners]))

export const equalConfigurations = (a: Configuration, b: Configuration): boolean =>
  a.autoLeave === b.autoLeave &&
  equalPeers(a.voters, b.voters) &&
  equalPeers(a.outgoing, b.outgoing) &&
  equalPeers(a.learners, b.learners)

const equalPeers = (a: readonly PeerId[], b: readonly PeerId[]): boolean =>
  a.length === b.length && a.every((peer, i) => peer === b[i])

const LAYOUT_VERSION = 1

/** Version, auto-leave, then three lists: a 16-bit count and 64-bit ids each, all big-endian. */
export function encodeConfiguration(configuration: Configuration): Bytes {
  const lists = [configuration.voters, configuration.outgoing, configuration.learners]
  const bytes = new Uint8Array(2 + lists.reduce((size, list) => size + 2 + 8 * list.length, 0))
  bytes[0] = LAYOUT_VERSION
  bytes[1] = configuration.autoLeave ? 1 : 0
  let at = 2
  for (const list of lists) {
    assert(list.length <= 0xffff, 'a configuration has at most 65535 peers in a list')
    bytes[at] = list.length >> 8
    bytes[at + 1] = list.length & 0xff
    at += 2
    for (const peer of list) {
      putUint64(bytes, at, peer)
      at += 8
    }
  }
  return bytes
}

/**
 * Reads what `encodeConfiguration` wrote. Anything else is an assertion: log records are
 * checksummed.
 */
export function decodeConfiguration(bytes: Bytes): Configuration {
  assert(bytes[0] === LAYOUT_VERSION, 'a configuration entry has an unknown layout')
  let at = 2
  const list = (): PeerId[] => {
    assert(at + 2 <= bytes.length, 'a configuration entry is cut short')
    const count = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    at += 2
    assert(at + 8 * count <= bytes.length, 'a configuration entry is cut short')
    const peers: PeerId[] = []
    for (let i = 0; i < count; i++, at += 8) peers.push(peerId(getUint64(bytes, at)))
    return peers
  }
  const voters = list()
  const outgoing = list()
  const learners = list()
  assert(at === bytes.length, 'a configuration entry has bytes left over')
  return { voters, outgoing, learners, autoLeave: bytes[1] === 1 }
}

export interface PlacedConfiguration {
  readonly index: number
  readonly configuration: Configuration
}

/** The configurations of one log, ascending by index; the first is in force at the log's base. */
export class ConfigurationHistory {
  #placed: PlacedConfiguration[]

  constructor(base: PlacedConfiguration) {
    this.#placed = [base]
  }

  get current(): PlacedConfiguration {
    return must(this.#placed.at(-1), 'a log always has a configuration')
  }

  /** All of them, for the audit. */
  get all(): readonly PlacedConfiguration[] {
    return this.#placed
  }

  /** The one in force at an index at or above the log's base. */
  at(index: number): Configuration {
    const placed = this.#placed.findLast((candidate) => candidate.index <= index)
    return must(placed, `no configuration is known at index ${index}`).configuration
  }

  append(index: number, configuration: Configuration): void {
    assert(index > this.current.index, 'configurations are appended in order')
    this.#placed.push({ index, configuration })
  }

  /** Undoes those at `index` and above. */
  truncateFrom(index: number): void {
    while (this.#placed.length > 1 && this.current.index >= index) this.#placed.pop()
  }

  /** Forgets what is only needed below the new base. */
  compactTo(index: number): void {
    const keep = this.#placed.findLastIndex((candidate) => candidate.index <= index)
    if (keep > 0) this.#placed.splice(0, keep)
  }

  reset(base: PlacedConfiguration): void {
    this.#placed = [base]
  }
}
