/**
 * Ends transactions whose clients have gone, on the leader: a lock that outlived its time is followed to its primary,
 * and the keys it holds here are committed or taken back by what is found there. Nobody else may ever come by; and
 * the safe point must not pass a lock.
 */

import { must } from '../../base/assert.ts'
import { type Bytes, EMPTY } from '../../base/bytes.ts'
import { holdsKey, keyAfter } from '../../core/region/descriptor.ts'
import type { LockRow } from '../../core/region/rows.ts'
import { compose, physicalMs } from '../../core/region/timestamps.ts'
import type { RegionCommand, RegionResult, Timestamp } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { DriverRoutes, DriverRoutesAre } from '../../wire/messages/driver.ts'
import type { RegionWrite, RegionWriteDone } from '../../wire/messages/region.ts'
import { PLACEMENT_DRIVER, SYSTEM } from '../flare-options.ts'
import type { Commands } from './commands.ts'
import type { Leadership } from './leadership.ts'
import { REGION, type Replica } from './replica.ts'

/** One transaction that is being ended, with the keys that it holds here. */
interface Case {
  readonly start: Timestamp
  readonly primary: Bytes
  readonly primaryNamespace: LockRow['primaryNamespace']
  readonly keys: readonly Bytes[]
}

const ROUTE_TAG = 'resolve-route'
const CHECK_TAG = 'resolve-check'
const ASK_MS = 3000
/** Clients that live resolve what they meet: this is for the others. */
const GRACE_MS = 10_000
const EVERY_MS = 1000
/** Locks looked at in one tick, and ended together. */
const LOOK_MAX = 1000
const KEYS_MAX = 64

export class Resolver {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #commands: Commands
  #case: Case | undefined
  /** Where the next look begins. */
  #from: Bytes = EMPTY
  #notBeforeMs = 0

  constructor(replica: Replica, leadership: Leadership, commands: Commands) {
    this.#replica = replica
    this.#leadership = leadership
    this.#commands = commands
  }

  /** Locks are watched while there are any. */
  get busy(): boolean {
    return this.#leadership.evaluator !== undefined && this.#replica.state.locks.size > 0
  }

  tick(context: Context): void {
    if (!this.busy || this.#case !== undefined || context.nowMs < this.#notBeforeMs) return
    this.#notBeforeMs = context.nowMs + EVERY_MS
    this.#case = this.#look(this.#leadership.clockMs(context))
    if (this.#case === undefined) return
    const { primary, primaryNamespace: namespace } = this.#case
    const ask: DriverRoutes = { kind: 'driver.routes', namespace, from: primary, limit: 1 }
    const to = address(context.self.node, PLACEMENT_DRIVER, SYSTEM)
    context.ask(to, ask, { tag: ROUTE_TAG, timeoutMs: ASK_MS })
  }

  /** Leadership is over. */
  end(): void {
    this.#case = undefined
    this.#from = EMPTY
  }

  ownsTag(tag: string): boolean {
    return tag === ROUTE_TAG || tag === CHECK_TAG
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    if (this.#case === undefined) return
    if (tag === ROUTE_TAG) this.#routed(this.#case, outcome, context)
    else this.#checked(this.#case, outcome, context)
  }

  /** The first transaction behind the last look that is overdue, with its keys from there on. */
  #look(clockMs: number): Case | undefined {
    const { locks } = this.#replica.state
    let looked = 0
    let first: LockRow | undefined
    const keys: Bytes[] = []
    const whole = locks.walk({ from: this.#from, to: EMPTY }, (lock) => {
      looked += 1
      this.#from = keyAfter(lock.key)
      if (first === undefined && isOverdue(lock, clockMs)) first = lock
      if (lock.start === first?.start) keys.push(lock.key)
      return looked < LOOK_MAX && keys.length < KEYS_MAX
    })
    if (whole) this.#from = EMPTY
    return first && { ...first, keys }
  }

  #routed(found: Case, outcome: AskOutcome, context: Context): void {
    const { primary, start } = found
    const routes = outcome.ok && outcome.message.kind === 'driver.routes-are'
    const [region] = routes ? (outcome.message as DriverRoutesAre).regions : []
    if (region?.leader === undefined || !holdsKey(region.descriptor, primary)) {
      this.#case = undefined
      return
    }
    const now = compose(Math.floor(this.#leadership.clockMs(context)), 0)
    const command: RegionCommand = { op: 'check-txn', primary, start, now, reader: undefined }
    const { id, epoch } = region.descriptor
    const ask: RegionWrite = { kind: 'region.write', epoch, command }
    const to = address(region.leader, REGION, String(id))
    context.ask(to, ask, { tag: CHECK_TAG, timeoutMs: ASK_MS })
  }

  /** One that lives, or about which nobody can say anything now, is met again at the next round. */
  #checked(found: Case, outcome: AskOutcome, context: Context): void {
    this.#case = undefined
    if (!outcome.ok || outcome.message.kind !== 'region.write-done') return
    const command = finishing(found, (outcome.message as RegionWriteDone).result)
    if (command === undefined) return
    context.mark('region.lock-resolved')
    this.#commands.own(command, () => {}, context)
  }
}

/** By the clock of the oracle. */
const isOverdue = ({ start, ttlMs }: LockRow, clockMs: number): boolean =>
  clockMs > physicalMs(start) + Math.max(ttlMs, GRACE_MS)

function finishing({ start, keys }: Case, result: RegionResult): RegionCommand | undefined {
  if (result.op !== 'txn-is' || result.fate === 'alive') return undefined
  if (result.fate === 'rolled-back') return { op: 'rollback', start, keys }
  const commit = must(result.commit, 'what is committed has a timestamp')
  return { op: 'commit', start, commit, keys }
}
