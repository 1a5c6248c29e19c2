/**
 * Which role does what with which message: total, so that a message kind without an answer in some
 * role does not compile. Before the table come the rules on terms that hold in every role (3.3).
 */

import { AssertionFailed } from '../../base/assert.ts'
import type { Core } from './core.ts'
import { onPreVote, onPreVoteAnswer, onVote, onVoteAnswer } from './election.ts'
import {
  concede,
  onAppend,
  onCommit,
  onHeartbeat,
  onReadIndexAnswer,
  onTimeoutNow,
} from './follower.ts'
import { onAppendAnswer, onHeartbeatAnswer, onPreVoteAsLeader, onReadIndex } from './leader.ts'
import type { RaftMessage } from './messages.ts'
import { becomeFollower } from './roles.ts'
import type { Role } from './types.ts'

type Kind = RaftMessage['kind']
type Handler<K extends Kind> = (core: Core, message: Extract<RaftMessage, { kind: K }>) => void
type Row = { readonly [K in Kind]: Handler<K> }

/** An answer to a question of an earlier role, or a request for another one: of no use here. */
const ignore = (): void => {}

/** Only a second leader of the same term could send this to a leader, or one to itself. */
const impossible = (core: Core, message: RaftMessage): never => {
  throw new AssertionFailed(
    `peer ${core.self} leads term ${core.term} and got ${message.kind} of it from ${message.from}`,
  )
}

const FOLLOWER: Row = {
  'pre-vote': onPreVote,
  'pre-vote-answer': ignore,
  vote: onVote,
  'vote-answer': ignore,
  append: onAppend,
  'append-answer': ignore,
  commit: onCommit,
  heartbeat: onHeartbeat,
  'heartbeat-answer': ignore,
  'read-index': ignore,
  'read-index-answer': onReadIndexAnswer,
  'timeout-now': onTimeoutNow,
}

const PRE_CANDIDATE: Row = {
  ...FOLLOWER,
  'pre-vote-answer': onPreVoteAnswer,
  append: concede(onAppend),
  commit: concede(onCommit),
  heartbeat: concede(onHeartbeat),
}

const CANDIDATE: Row = {
  ...FOLLOWER,
  'vote-answer': onVoteAnswer,
  append: concede(onAppend),
  commit: concede(onCommit),
  heartbeat: concede(onHeartbeat),
  'timeout-now': ignore,
}

const LEADER: Row = {
  'pre-vote': onPreVoteAsLeader,
  'pre-vote-answer': ignore,
  vote: onVote,
  'vote-answer': ignore,
  append: impossible,
  'append-answer': onAppendAnswer,
  commit: impossible,
  heartbeat: impossible,
  'heartbeat-answer': onHeartbeatAnswer,
  'read-index': onReadIndex,
  'read-index-answer': ignore,
  'timeout-now': ignore,
}

const TABLE: Readonly<Record<Role, Row>> = {
  follower: FOLLOWER,
  'pre-candidate': PRE_CANDIDATE,
  candidate: CANDIDATE,
  leader: LEADER,
}

/** Takes a message addressed to this peer; one for an earlier peer of this place is dropped. */
export function receive(core: Core, message: RaftMessage): void {
  if (message.to !== core.self || message.from === core.self) return
  if (message.term < core.term) {
    correct(core, message)
    return
  }
  if (message.term > core.term && !adoptTerm(core, message)) return
  const handle = TABLE[core.role][message.kind] as (core: Core, message: RaftMessage) => void
  handle(core, message)
}

/**
 * Follows a message into its higher term; false if the message is then of no more use, or is
 * ignored.
 */
function adoptTerm(core: Core, message: RaftMessage): boolean {
  switch (message.kind) {
    case 'pre-vote':
      return true
    case 'pre-vote-answer':
      if (message.granted) return true
      becomeFollower(core, message.term, undefined)
      return false
    case 'vote':
      if (core.hasLiveLeader && core.leader !== message.from && !message.transfer) return false
      becomeFollower(core, message.term, undefined)
      return true
    case 'append':
    case 'commit':
    case 'heartbeat':
    case 'timeout-now':
      becomeFollower(core, message.term, message.from)
      return true
    default:
      becomeFollower(core, message.term, undefined)
      return false
  }
}

/**
 * Tells the sender of an old term which term it is, so that an old leader or candidate steps down.
 */
function correct(core: Core, message: RaftMessage): void {
  switch (message.kind) {
    case 'pre-vote':
      core.mark('raft.pre-vote-refused')
      core.send(message.from, { kind: 'pre-vote-answer', granted: false })
      return
    case 'vote':
      core.send(message.from, { kind: 'vote-answer', granted: false })
      return
    case 'append': {
      const answer = { accepted: false, index: message.prevIndex, hintIndex: 0, hintTerm: 0 }
      core.send(message.from, { kind: 'append-answer', ...answer })
      return
    }
    case 'heartbeat':
      core.sendNow(message.from, { kind: 'heartbeat-answer', round: 0 })
      return
    default:
  }
}
