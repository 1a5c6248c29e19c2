/** One command on its way through a leader: what it touches, what it has learnt, how far it is. */

import type { Bytes } from '../../../base/bytes.ts'
import { type KeyText, keyText } from '../../mvcc/key-text.ts'
import type { RegionCommand, Timestamp } from '../types.ts'
import type { Knowledge } from './knowledge.ts'
import type { Latched } from './latches.ts'
import type { Look } from './looks.ts'
import type { Proposal } from './verdict.ts'

export interface Task extends Latched {
  readonly ticket: number
  readonly command: RegionCommand
  readonly bytes: number
  readonly knowledge: Knowledge
  /** Of each key that the command names, in its order: for the look into locks and versions. */
  named: readonly KeyText[]
  /** The same, each once: for the latches. */
  texts: readonly KeyText[]
  blocked: number
  stamp: Timestamp
  /** How many timestamps it has had. */
  stamps: number
  /** Pages it waits for. */
  reads: number
  /** Waits for a timestamp. */
  stamping: boolean
  /** In the log. */
  proposal: Proposal | undefined
  /** From which of its keys on it goes on. */
  from: number
  /** Of a command on a range. */
  look: Look | undefined
}

export function newTask(
  ticket: number,
  command: RegionCommand,
  stamp: Timestamp,
  knowledge: Knowledge,
): Task {
  const keys = keysOf(command)
  const named = keys.map((key) => keyText(key))
  return {
    ticket,
    command,
    bytes: bytesOf(command, keys),
    knowledge,
    named,
    texts: distinct(named),
    blocked: 0,
    stamp,
    stamps: 1,
    reads: 0,
    stamping: false,
    proposal: undefined,
    from: 0,
    look: undefined,
  }
}

export const distinct = (texts: readonly KeyText[]): readonly KeyText[] =>
  texts.length < 2 ? texts : [...new Set(texts)]

/** The keys that a command names; of a range, none. */
export function keysOf(command: RegionCommand): readonly Bytes[] {
  switch (command.op) {
    case 'write':
      return command.ops.map(({ key }) => key)
    case 'prewrite':
      return command.mutations.map(({ key }) => key)
    case 'commit':
    case 'rollback':
      return command.keys
    case 'check-txn':
    case 'txn-alive':
      return [command.primary]
    case 'delete-range':
    case 'collect':
      return []
  }
}

function bytesOf(command: RegionCommand, keys: readonly Bytes[]): number {
  let bytes = 0
  for (const key of keys) bytes += key.length
  if (command.op === 'write') for (const { value } of command.ops) bytes += value.length
  if (command.op === 'prewrite') for (const { value } of command.mutations) bytes += value.length
  return bytes
}
