/**
 * Chainfire over this node's actors: turns each call into one question to the right actor of this node
 * and its answer into an outcome. Holds no state but open watch streams; proposes nothing twice.
 */

import type { GroupId, NodeName } from '../base/ids.ts'
import { address } from '../runtime/address.ts'
import type { Outside } from '../runtime/outside.ts'
import type { Chainfire } from './chainfire.ts'

export interface FaceOptions {
  readonly node: NodeName
  readonly group: GroupId
  /** The shard whose thread uses this face; its watch door serves the streams. */
  readonly shard: number
  /** What a call may take at most; a little more than the group's own limit. */
  readonly timeoutMs: number
}

export declare function chainfireFace(outside: Outside, options: FaceOptions): Chainfire
void address
