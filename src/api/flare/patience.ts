/** How long a caller waits, as its deadline says: the answer, or why there is none, should come before. */

import type { Flare } from '../../actors/flare/flare.ts'
import type { Fields } from '../door.ts'
import { parseTimeout } from '../grpc/timeout.ts'

/** For the way back. */
const SPARE_MS = 100

export function within(flare: Flare, { fields }: { readonly fields: Fields }): Flare {
  const given = fields['grpc-timeout']
  const timeoutMs = given === undefined ? undefined : parseTimeout(given)
  return timeoutMs === undefined
    ? flare
    : flare.within(Math.max(timeoutMs - SPARE_MS, timeoutMs / 2))
}
