/**
 * The promises of a whole group, R1 to R6 of docs/raft.md, over all its peers and all its history.
 * `observe` after each step; the work is that of the entries which are new since the last look. A
 * running hash per index stands for the whole log up to it, so comparing two logs is comparing two
 * numbers.
 */

import { must } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import { auditMachine } from './audit.ts'
import type { Core } from './core.ts'
import type { RaftMachine } from './machine.ts'
import type { Entry } from './types.ts'

interface Seen {
  readonly term: number
  /** Of the log from its beginning up to and with this entry. */
  readonly hash: number
}

/** What was last seen of one peer, across its lives. */
interface Mirror {
  /** By index, from the peer's base on. */
  log: Map<number, Seen>
  lastIndex: number
  base: number
  commit: number
  term: number
  vote: PeerId | undefined
  leads: number
  durableTerm: number
  durableVote: PeerId | undefined
}

export class GroupAudit {
  readonly #mirrors = new Map<PeerId, Mirror>()
  readonly #leaders = new Map<number, PeerId>()
  /** The one log that all must agree on, as far as anybody has committed it. */
  readonly #committed = new Map<number, Seen>()
  /** Highest index seen committed by peers of each term. */
  readonly #committedIn = new Map<number, number>()
  /** By term and index: the hash of a log ending there. */
  readonly #prefixes = new Map<string, number>()
  #broken: string[] = []

  /** A group that was split off another begins with this in place of a log. */
  constructor(base: { readonly index: number; readonly term: number } = { index: 0, term: 0 }) {
    if (base.index > 0) this.#prefixes.set(`${base.term} ${base.index}`, base.term)
  }

  /** Looks at one peer. Gives what is broken now, its own invariants included. */
  observe(machine: RaftMachine): readonly string[] {
    this.#broken = [...auditMachine(machine)]
    const mirror = this.#mirrorOf(machine)
    this.#auditTerms(machine, mirror)
    this.#auditLog(machine, mirror)
    this.#auditCommit(machine, mirror)
    this.#auditLeadership(machine, mirror)
    this.#forgetBelow(mirror, machine.core.log.baseIndex)
    return this.#broken
  }

  /** A peer came back from its disk: what was not synced may be gone, and nothing else. */
  restarted(machine: RaftMachine): readonly string[] {
    this.#broken = []
    const { core } = machine
    const mirror = this.#mirrors.get(core.self)
    if (mirror) {
      this.#demand(core.term >= mirror.durableTerm, `R6: peer ${core.self} forgot its term`)
      const kept = core.term > mirror.durableTerm || core.vote === mirror.durableVote
      this.#demand(kept, `R6: peer ${core.self} forgot its vote`)
      mirror.term = core.term
      mirror.vote = core.vote
      mirror.commit = core.log.baseIndex
      mirror.leads = 0
    }
    return this.#broken
  }

  #demand(holds: boolean, promise: string): void {
    if (!holds) this.#broken.push(promise)
  }

  #mirrorOf(machine: RaftMachine): Mirror {
    const { core } = machine
    const known = this.#mirrors.get(core.self)
    if (known) return known
    const mirror: Mirror = {
      log: new Map(),
      lastIndex: core.log.baseIndex,
      base: core.log.baseIndex,
      commit: core.log.baseIndex,
      term: core.term,
      vote: core.vote,
      leads: 0,
      durableTerm: core.durability.term,
      durableVote: core.durability.vote,
    }
    this.#mirrors.set(core.self, mirror)
    return mirror
  }

  #auditTerms({ core }: RaftMachine, mirror: Mirror): void {
    this.#demand(core.term >= mirror.term, `R6: the term of peer ${core.self} went back`)
    const revoted = core.term === mirror.term && mirror.vote !== undefined
    this.#demand(!revoted || core.vote === mirror.vote, `R6: peer ${core.self} changed its vote`)
    mirror.term = core.term
    mirror.vote = core.vote
    mirror.durableTerm = core.durability.term
    mirror.durableVote = core.durability.vote
  }

  /**
   * R3: two logs with an entry of the same index and term are the same up to it. R2: a leader only
   * appends.
   */
  #auditLog({ core }: RaftMachine, mirror: Mirror): void {
    const { log } = core
    this.#auditBase(core, mirror)
    let agree = Math.min(mirror.lastIndex, log.lastIndex)
    while (agree > log.baseIndex && mirror.log.get(agree)?.term !== log.termAt(agree)) agree--
    this.#demand(
      agree >= mirror.lastIndex || mirror.leads !== core.term || core.role !== 'leader',
      `R2: leader ${core.self} of term ${core.term} changed its own log`,
    )
    let { hash } = must(mirror.log.get(agree), 'a mirror holds all from its base on')
    for (let index = agree + 1; index <= log.lastIndex; index++) {
      const term = log.termAt(index) as number
      const entry = log.get(index)
      hash = entry ? hashEntry(hash, entry) : (this.#prefixes.get(`${term} ${index}`) ?? hash)
      this.#auditPrefix(core.self, index, term, hash)
      mirror.log.set(index, { term, hash })
    }
    for (let index = log.lastIndex + 1; index <= mirror.lastIndex; index++) mirror.log.delete(index)
    mirror.lastIndex = log.lastIndex
  }

  /**
   * R5: what a base stands for was applied here, or came in a snapshot: somebody had it in his log, and
   * it is committed. Its hash is that of whoever had it, however soon all others cut it away.
   */
  #auditBase({ self, log }: Core, mirror: Mirror): void {
    const { baseIndex: index, baseTerm: term } = log
    mirror.lastIndex = Math.max(mirror.lastIndex, index)
    if (mirror.log.get(index)?.term === term) return
    // A snapshot: what stood below was replaced, and never counted for committed here.
    this.#forgetBelow(mirror, index)
    const hash = index === 0 ? term : this.#prefixes.get(`${term} ${index}`)
    this.#demand(
      hash !== undefined,
      `R5: nobody had what peer ${self} cut at ${index}, term ${term}`,
    )
    mirror.log.set(index, { term, hash: hash ?? term })
  }

  /** Only once all is looked at: what was committed and cut in one step counts, too. */
  #forgetBelow(mirror: Mirror, base: number): void {
    for (let index = mirror.base; index < base; index++) mirror.log.delete(index)
    mirror.base = base
  }

  #auditPrefix(self: PeerId, index: number, term: number, hash: number): void {
    const key = `${term} ${index}`
    const known = this.#prefixes.get(key)
    if (known === undefined) this.#prefixes.set(key, hash)
    else {
      this.#demand(
        known === hash,
        `R3: peer ${self} has another log up to index ${index}, term ${term}`,
      )
    }
  }

  /** R5: at each index all peers commit the same log, and what is committed stays. */
  #auditCommit({ core }: RaftMachine, mirror: Mirror): void {
    this.#demand(core.commit >= mirror.commit, `R6: the commit of peer ${core.self} went back`)
    for (let index = mirror.commit + 1; index <= core.commit; index++) {
      const seen = mirror.log.get(index)
      const known = this.#committed.get(index)
      if (!seen) continue
      if (!known) this.#committed.set(index, seen)
      this.#demand(
        !known || known.hash === seen.hash,
        `R5: peer ${core.self} committed another log up to index ${index}`,
      )
    }
    mirror.commit = core.commit
    const highest = this.#committedIn.get(core.term) ?? 0
    if (core.commit > highest) this.#committedIn.set(core.term, core.commit)
  }

  /** R1: one leader a term. R4: it has all that was committed in earlier terms. */
  #auditLeadership({ core }: RaftMachine, mirror: Mirror): void {
    if (core.role !== 'leader' || mirror.leads === core.term) return
    mirror.leads = core.term
    const other = this.#leaders.get(core.term)
    this.#leaders.set(core.term, core.self)
    this.#demand(
      other === undefined || other === core.self,
      `R1: peers ${other} and ${core.self} both led term ${core.term}`,
    )
    let committed = 0
    for (const [term, index] of this.#committedIn) {
      if (term < core.term && index > committed) committed = index
    }
    this.#demand(core.log.lastIndex >= committed, this.#incomplete(core.self, committed))
    const known = this.#committed.get(committed)
    const own = mirror.log.get(committed)
    this.#demand(!known || !own || known.hash === own.hash, this.#incomplete(core.self, committed))
  }

  #incomplete(self: PeerId, index: number): string {
    return `R4: leader ${self} lacks what was committed up to index ${index}`
  }
}

function hashEntry(before: number, entry: Entry): number {
  let hash = mix(before, entry.term)
  hash = mix(hash, entry.kind.length)
  return hashBytes(hash, entry.data)
}

function hashBytes(before: number, bytes: Bytes): number {
  let hash = before
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return hash
}

const mix = (hash: number, value: number): number =>
  Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 13)
