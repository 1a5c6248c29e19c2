/** What the index alone knows of a version: all that filters and most sorts want. */

import type { KeyText } from '../mvcc/key-text.ts'
import type { RangeRequest } from './types.ts'

export interface Metadata {
  readonly main: number
  readonly sub: number
  readonly create: number
  readonly version: number
  readonly key: KeyText
}

export function hasFilter(request: RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  )
}

/** Bounds are inclusive; 0 is no bound. */
export function passes(request: RangeRequest, main: number, create: number): boolean {
  return (
    (request.minModRevision === 0 || main >= request.minModRevision) &&
    (request.maxModRevision === 0 || main <= request.maxModRevision) &&
    (request.minCreateRevision === 0 || create >= request.minCreateRevision) &&
    (request.maxCreateRevision === 0 || create <= request.maxCreateRevision)
  )
}
