/**
 * The Raft machine: one peer of one group. Inputs change its state, and `take` hands out what must
 * happen outside. Every rule is in a file of its own concern; this one only leads to them.
 */

import { assert } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import { changeMembership } from './change.ts'
import { Core } from './core.ts'
import { flush } from './flush.ts'
import { receiveInput } from './inputs.ts'
import { appendOwn } from './leader.ts'
import { stir, wake } from './quiescence.ts'
import { snapshotAt } from './snapshots.ts'
import { transferTo } from './transfer.ts'
import type {
  ChangeOutcome,
  MembershipChange,
  ProposeOutcome,
  Raft,
  RaftConfig,
  RaftEffect,
  RaftInput,
  RaftStatus,
  RestoredState,
  SnapshotMeta,
  TransferOutcome,
} from './types.ts'

export class RaftMachine implements Raft {
  /** The whole state: for the audit and for tests, which only look. */
  readonly core: Core
  #toldRole: string
  #toldConfiguration = ''

  constructor(config: RaftConfig, restored: RestoredState) {
    assert(config.electionTicks > config.heartbeatTicks, 'elections take longer than heartbeats')
    this.core = new Core(config, restored)
    this.#toldRole = this.#roleKey()
  }

  step(input: RaftInput): void {
    const { core } = this
    stir(core, input)
    receiveInput(core, input)
  }

  propose(data: Bytes): ProposeOutcome {
    const { core } = this
    const { leadership, leader } = core
    if (!leadership) return { ok: false, reason: 'not-leader', leader }
    if (leadership.transferee !== undefined) return { ok: false, reason: 'transferring', leader }
    if (leadership.uncommittedBytes >= core.config.maxUncommittedBytes) {
      return { ok: false, reason: 'overloaded', leader }
    }
    wake(core)
    const { term, index } = appendOwn(core, leadership, 'data', data)
    return { ok: true, term, index }
  }

  change(change: MembershipChange): ChangeOutcome {
    return changeMembership(this.core, change)
  }

  transfer(to: PeerId): TransferOutcome {
    const outcome = transferTo(this.core, to)
    if (outcome.ok) wake(this.core)
    return outcome
  }

  snapshotAt(index: number): SnapshotMeta {
    assert(index <= this.core.applied, 'a snapshot holds only what is applied')
    return snapshotAt(this.core, index)
  }

  take(): readonly RaftEffect[] {
    const { core } = this
    flush(core)
    const effects: RaftEffect[] = []
    this.#tellRole(effects)
    this.#tellConfiguration(effects)
    const persist = core.durability.hand(core.log, core.hardState)
    if (persist) effects.push(persist)
    for (const effect of core.effects) effects.push(effect)
    core.effects = []
    this.#handInstall(effects)
    this.#handApply(effects)
    return effects
  }

  status(): RaftStatus {
    const { core } = this
    const followers = [...(core.leadership?.progress.values() ?? [])]
    return {
      self: core.self,
      role: core.role,
      term: core.term,
      vote: core.vote,
      leader: core.leader,
      commit: core.commit,
      applied: core.applied,
      persisted: core.durability.persisted,
      firstIndex: core.log.baseIndex + 1,
      lastIndex: core.log.lastIndex,
      lastTerm: core.log.lastTerm,
      configuration: core.configuration,
      learner: core.isLearner,
      quiescent: core.quiescent,
      transferringTo: core.leadership?.transferee,
      followers: followers.map((progress) => progress.status(core.down.has(progress.peer))),
    }
  }

  #roleKey(): string {
    const { role, term, leader } = this.core
    return `${role} ${term} ${leader}`
  }

  #tellRole(effects: RaftEffect[]): void {
    const key = this.#roleKey()
    if (key === this.#toldRole) return
    this.#toldRole = key
    const { role, term, leader } = this.core
    effects.push({ type: 'role-change', role, term, leader })
  }

  #tellConfiguration(effects: RaftEffect[]): void {
    const { index, configuration } = this.core.configurations.current
    const committed = index <= this.core.commit
    const key = `${index} ${committed}`
    if (key === this.#toldConfiguration) return
    this.#toldConfiguration = key
    effects.push({ type: 'config-changed', configuration, index, committed })
  }

  /** After what is being applied: two hands in the same data would be one too many. */
  #handInstall(effects: RaftEffect[]): void {
    const { core } = this
    if (!core.installing || core.installAnnounced || core.applying !== core.applied) return
    core.installAnnounced = true
    effects.push({ type: 'install-snapshot', snapshot: core.installing })
  }

  #handApply(effects: RaftEffect[]): void {
    const { core } = this
    if (core.installing || core.applying !== core.applied) return
    const to = Math.min(core.commit, core.durability.persisted)
    if (to <= core.applied) return
    const { maxApplyBytes, maxApplyEntries } = core.config
    const entries = core.log.slice(core.applied + 1, to, maxApplyBytes, maxApplyEntries)
    assert(entries !== undefined && entries.length > 0, 'what is not applied is in memory')
    core.applying = core.applied + entries.length
    effects.push({ type: 'apply', entries })
  }
}
