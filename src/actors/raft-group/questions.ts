/** Which room of a member answers which question. */

import type { Context, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import type {
  GroupChange,
  GroupForward,
  GroupKnown,
  GroupTransfer,
  KvRange,
  KvScrubbed,
  KvView,
  KvWrite,
} from '../../wire/messages/group.ts'
import type { LeaseKeysAsk } from '../../wire/messages/lease.ts'
import type { WatchHistory, WatchPrevious } from '../../wire/messages/watch.ts'
import { refuse } from '../refuse.ts'
import type { Rooms } from './rooms.ts'
import { statusOf } from './status.ts'

export function take(rooms: Rooms, message: Message, question: Question, context: Context): void {
  switch (message.kind) {
    case 'kv.write':
      write(rooms, message as KvWrite, question, context)
      return
    case 'kv.scrubbed':
      rooms.scrubber.take(message as KvScrubbed, question, context)
      return
    case 'kv.range':
    case 'kv.view':
      rooms.reads.take(message as KvRange | KvView, question, context)
      return
    case 'group.forward':
      rooms.writes.takeForwarded(message as GroupForward, question, context)
      return
    case 'group.confirm':
      rooms.reads.confirm(question, context)
      return
    case 'group.status':
      context.answerNow(question, statusOf(rooms.replica))
      return
    case 'group.known':
      rooms.membership.known(message as GroupKnown, question, context)
      return
    case 'group.change':
      rooms.membership.change(message as GroupChange, question, context)
      return
    case 'group.transfer':
      rooms.membership.transfer(message as GroupTransfer, question, context)
      return
    case 'lease.keys':
      rooms.neighbours.leaseKeys((message as LeaseKeysAsk).id, question, context)
      return
    case 'snapshot.begin':
    case 'snapshot.chunk':
      rooms.snapshots.question(message, question, context)
      return
    case 'watch.history':
      rooms.history.take(message as WatchHistory, question, context)
      return
    case 'watch.previous':
      rooms.history.previous(message as WatchPrevious, question, context)
      return
    default:
      context.log.warn({ kind: message.kind }, 'a question this actor does not know')
  }
}

function write(rooms: Rooms, { command }: KvWrite, question: Question, context: Context): void {
  const refusal = rooms.admission.refusal(command, context)
  if (refusal === undefined) rooms.writes.take(command, question, context)
  else refuse(question, refusal, context)
}
