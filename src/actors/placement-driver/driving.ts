/** What the rooms of a driver that leads share. Plain state; the behaviour drives it. */

import { Ids } from '../../core/placement/ids.ts'
import type { PlacementLimits } from '../../core/placement/limits.ts'
import { sweep } from '../../core/placement/namespaces.ts'
import type { Picture } from '../../core/placement/picture.ts'
import { View } from '../../core/placement/view.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import type { Ledger } from './ledger.ts'
import { refuse } from './refuse.ts'

const OPEN = 'the driver lost its lead meanwhile: look whether it was done'

export class Driving {
  /** Term of group `system`, and epoch of every order and write. */
  readonly term: number
  readonly picture: Picture
  readonly ids: Ids
  readonly ledger: Ledger
  readonly limits: PlacementLimits
  readonly sinceMs: number

  constructor(
    term: number,
    picture: Picture,
    ledger: Ledger,
    limits: PlacementLimits,
    sinceMs: number,
  ) {
    this.term = term
    this.picture = picture
    this.ids = new Ids(picture)
    sweep(picture)
    this.ledger = ledger
    this.limits = limits
    this.sinceMs = sinceMs
  }

  view(context: Context): View {
    return new View(this.picture, this.limits, { nowMs: context.nowMs, sinceMs: this.sinceMs })
  }

  /** All that was put since is one group of the ledger. */
  write(context: Context): void {
    this.ledger.take(this.picture.takeChanges())
    this.ledger.flush(context)
  }

  /** Once all that was put before is on disk; `landed` false: this driver lost its lead. */
  whenWritten(then: (landed: boolean, context: Context) => void, context: Context): void {
    this.ledger.take(this.picture.takeChanges())
    this.ledger.whenWritten(then, context)
  }

  /** Answers once all that was put before is on disk. */
  answer(question: Question, message: Message, context: Context): void {
    this.whenWritten((landed, later) => {
      if (landed) later.answer(question, message)
      else refuse(question, 'undetermined', OPEN, later)
    }, context)
  }
}
