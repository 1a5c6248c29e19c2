/** What peers do and say, one line each, as the golden conversations show it. */

import type { Configuration, Entry, RaftEffect, RaftMessage } from '../../../src/core/raft/types.ts'
import type { Parcel } from './peer.ts'

const text = new TextDecoder()

/**
 * What an effect looks like; undefined for those that are seen otherwise, or nobody wants to see.
 */
export function describeEffect(effect: RaftEffect): string | undefined {
  switch (effect.type) {
    case 'persist':
      return `persists ${describePersist(effect)}`
    case 'apply':
      return `applies ${describeEntries(effect.entries)}`
    case 'read-state':
      return `may serve read ${effect.token} at index ${effect.index}`
    case 'read-refused':
      return `refuses read ${effect.token}`
    case 'fetch-log':
      return `fetches entries ${effect.from} to ${effect.to}`
    case 'send-snapshot':
      return `streams a snapshot to ${effect.to}, at least at ${effect.atLeastIndex}`
    case 'install-snapshot':
      return `installs the snapshot at ${effect.snapshot.index}`
    case 'snapshot-unused':
      return `drops the snapshot at ${effect.snapshot.index}`
    case 'compact-log':
      return `cuts its log behind ${effect.to}`
    case 'role-change':
      return `is ${effect.role} in term ${effect.term}, leader ${effect.leader ?? 'unknown'}`
    case 'config-changed':
      return describeChange(effect)
    case 'quiesce':
      return 'goes quiet'
    case 'wake':
      return 'wakes'
    case 'mark':
      return `marks ${effect.name}`
    case 'send':
      return undefined
  }
}

function describePersist(effect: Extract<RaftEffect, { type: 'persist' }>): string {
  const { hardState, truncate, entries } = effect
  const parts: string[] = []
  if (hardState) {
    parts.push(`term ${hardState.term} vote ${hardState.vote ?? '-'} commit ${hardState.commit}`)
  }
  if (truncate) parts.push(`cuts ${truncate.from} to ${truncate.to}`)
  if (entries.length > 0) parts.push(describeEntries(entries))
  return parts.join(', ')
}

function describeChange(effect: Extract<RaftEffect, { type: 'config-changed' }>): string {
  const state = effect.committed ? 'committed' : 'in force'
  return `has ${describeConfiguration(effect.configuration)} from ${effect.index} (${state})`
}

export function describeConfiguration(configuration: Configuration): string {
  const { voters, outgoing, learners, autoLeave } = configuration
  const parts = [`voters ${voters.join(' ') || 'none'}`]
  if (outgoing.length > 0) parts.push(`outgoing ${outgoing.join(' ')}${autoLeave ? ' auto' : ''}`)
  if (learners.length > 0) parts.push(`learners ${learners.join(' ')}`)
  return parts.join('; ')
}

export function describeEntries(entries: readonly Entry[]): string {
  if (entries.length === 0) return 'nothing'
  return entries
    .map(({ term, index, kind, data }) => {
      const what = kind === 'data' ? text.decode(data) : kind
      return `${index}/${term}:${what}`
    })
    .join(' ')
}

export function describeParcel(parcel: Parcel): string {
  if (parcel.type === 'message') return describeMessage(parcel.message)
  const { from, to, term, snapshot } = parcel
  const { index, configuration } = snapshot.meta
  return `${from} → ${to} snapshot at ${index} of term ${term}, ${describeConfiguration(configuration)}`
}

function describeMessage(message: RaftMessage): string {
  const { from, to, term, kind } = message
  return `${from} → ${to} ${kind} (term ${term}) ${describeBody(message)}`.trimEnd()
}

function describeBody(message: RaftMessage): string {
  switch (message.kind) {
    case 'pre-vote':
      return `log ends ${message.lastIndex}/${message.lastTerm}`
    case 'vote': {
      const { lastIndex, lastTerm, transfer } = message
      return `log ends ${lastIndex}/${lastTerm}${transfer ? ', as the leader wants' : ''}`
    }
    case 'pre-vote-answer':
    case 'vote-answer':
      return message.granted ? 'yes' : 'no'
    case 'append': {
      const { prevIndex, prevTerm, commit, entries } = message
      return `after ${prevIndex}/${prevTerm} ${describeEntries(entries)}, commit ${commit}`
    }
    case 'append-answer': {
      const { accepted, index, hintIndex, hintTerm } = message
      return accepted ? `has ${index}` : `not after ${index}, try ${hintIndex}/${hintTerm}`
    }
    case 'commit':
      return `commit ${message.commit}`
    case 'heartbeat': {
      const { commit, round, quiesce } = message
      return `commit ${commit}, round ${round}${quiesce ? ', be quiet' : ''}`
    }
    case 'heartbeat-answer':
      return `round ${message.round}`
    case 'read-index':
      return ''
    case 'read-index-answer':
      return `index ${message.index}`
    case 'timeout-now':
      return ''
  }
}
