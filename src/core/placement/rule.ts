/**
 * What a rule is: it looks at one region and wants something done, or says why not. Rules decide nothing
 * twice: the first that wants something has its way, and a region that is being moved is left alone.
 */

import type { PeerId } from '../../base/ids.ts'
import type { StoreRecord } from './records.ts'
import type { RegionSeen } from './regions.ts'
import type { View } from './view.ts'

/** What is wanted. A replica comes, goes, or both; or the lead goes elsewhere. */
export type Wish =
  | {
      readonly want: 'move'
      readonly to: StoreRecord | undefined
      readonly remove: PeerId | undefined
      readonly reason: string
    }
  | { readonly want: 'transfer'; readonly to: PeerId; readonly reason: string }
  /** Nothing is to be done, or cannot be. */
  | { readonly want: 'nothing'; readonly reason: string }

export interface Rule {
  readonly name: string
  look(seen: RegionSeen, view: View): Wish
}

export const nothing = (reason: string): Wish => ({ want: 'nothing', reason })
