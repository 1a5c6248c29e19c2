/** What the parts of a client share: its connection, its one open call, its draws. */

import type { FlareCalls } from '../../../src/actors/flare/flare-calls.ts'
import type { Outcome } from '../../../src/actors/flare/outcome.ts'
import { type FoundRow, type Timestamp, timestamp } from '../../../src/core/region/types.ts'
import type { Outside } from '../../../src/runtime/outside.ts'
import type { Shard } from '../../../src/runtime/shard.ts'
import { keyText } from '../../checkers/timeline.ts'
import type { Kernel } from '../../world/kernel.ts'
import type { Stream } from '../../world/random.ts'
import type { FlareCall, Seen } from './history.ts'
import type { KeySpace } from './keys.ts'
import type { FlareMix } from './mix.ts'
import type { Mortal } from './mortal.ts'

/** A thread of a node. */
export interface Entrance {
  readonly node: string
  readonly number: number
  readonly shard: Shard
}

/** What all clients of a run share. */
export interface FlareWorkplace {
  readonly kernel: Kernel
  readonly calls: FlareCall[]
  readonly keys: KeySpace
  readonly mix: FlareMix
  /** Microseconds between an answer and the next call, about. */
  readonly paceUs: number
  /** Undefined: no node is up. */
  enter(random: Stream): Entrance | undefined
  /** Counts one more call; false once the run has had its share. */
  mayCall(): boolean
  /** Nobody calls now. */
  silent(): boolean
  /** A region and a version of its range that is over, and where it may be asked. */
  staleRegion(random: Stream): StaleTarget | undefined
}

export interface StaleTarget {
  readonly region: number
  readonly version: number
  readonly confVer: number
  readonly node: string
  readonly key: string
}

export interface Connection extends Entrance {
  readonly gate: Mortal
  readonly outside: Outside
  readonly calls: FlareCalls
}

export interface Desk {
  readonly place: FlareWorkplace
  readonly random: Stream
  readonly connection: Connection | undefined
  /** The call that waits for an answer, if any. */
  readonly open: FlareCall | undefined
  /** How often the open call has gone again. */
  readonly retries: number
  /** Versions as this client last saw them; 0: there was none. */
  readonly known: Map<string, bigint>
  /** A value that nobody else writes. */
  unique(): string
  begun(): Pick<FlareCall, 'client' | 'node' | 'invokeUs' | 'returnUs'>
  begin(call: FlareCall): void
  /** The open call goes again so when its connection is lost. */
  retryBy(send: () => void): void
  /** What is open has its answer, and another call follows at once. */
  leaveOpen(): void
  answered(told: Outcome<unknown>): void
  end(): void
  later(delayUs: number): void
}

export const RECONNECT_US = 150_000

export const stampOf = (at: bigint | undefined): Timestamp | undefined =>
  at === undefined ? undefined : timestamp(at)

export const seen = ({ key, value, version }: FoundRow): Seen => ({
  key: keyText(key),
  value: keyText(value),
  version,
})
