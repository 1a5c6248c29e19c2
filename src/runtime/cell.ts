/**
 * One actor's place on its shard: its mailbox and counters outlive its lives. A life begins with empty
 * memory and the input `start`, and ends by a throw, by `stop`, or with the shard.
 */

import type { Actor, ActorKind } from './actor.ts'
import type { Address } from './address.ts'
import type { CellContext } from './cell-context.ts'
import { CellCounters } from './counters.ts'
import type { LaneLimit } from './limits.ts'
import { Mailbox } from './mailbox.ts'
import type { Lane } from './message.ts'
import { RestartWindow } from './restart-window.ts'
import type { ChildSpec } from './supervision.ts'
import type { Timer, TimerOwner } from './timers.ts'

export type CellState =
  | 'running'
  /** Between two lives: waits for its writes to land and for its delay. */
  | 'restarting'
  /** Handles what it has, takes nothing more. */
  | 'stopping'
  /** Threw too often: stays here to be seen. */
  | 'failed'
  | 'stopped'

export class Cell implements TimerOwner {
  readonly at: Address
  readonly spec: ChildSpec
  readonly maker: ActorKind
  readonly mailbox: Mailbox
  readonly counters = new CellCounters()
  readonly timers = new Map<string, Timer>()
  readonly restarts: RestartWindow
  /** Message kinds refused with `pull`, not yet told to the actor. */
  readonly missed = new Set<string>()
  state: CellState = 'stopped'
  life = 0
  actor: Actor | undefined
  context: CellContext | undefined
  /** Started anew while it was stopping: another life follows. */
  again = false
  /** Sequence number of its last write: the next life waits for it. */
  lastWrite = 0
  openAsks = 0
  failure = ''
  /** Fault injection: the next receive throws after it has run. */
  throwNext = false
  /** Where the run queue has it. */
  queuedUrgent = false
  queuedNormal = false

  constructor(
    at: Address,
    spec: ChildSpec,
    maker: ActorKind,
    lanes: Readonly<Record<Lane, LaneLimit>>,
  ) {
    this.at = at
    this.spec = spec
    this.maker = maker
    this.mailbox = new Mailbox(lanes)
    this.restarts = new RestartWindow(spec.restart)
  }

  /** Whether it has a life that handles inputs. */
  get alive(): boolean {
    return this.state === 'running' || this.state === 'stopping'
  }

  /** Whether a message for it may wait in its mailbox. */
  get takesMessages(): boolean {
    return this.state === 'running' || this.state === 'restarting'
  }
}
