/** Whether FlareDB serves: a timestamp can be had, without which nothing is written. */

import type { Flare } from '../../actors/flare/flare.ts'
import type { Checks } from '../grpc/health-service.ts'
import type { Method } from '../grpc/service.ts'

/** What all its services together are called. */
const PACKAGE = 'flaredb.v1'
const PATIENCE_MS = 1000

export function flareChecks(flare: Flare, services: readonly (readonly Method[])[]): Checks {
  const serves = async (): Promise<boolean> => (await flare.within(PATIENCE_MS).stamps(1)).ok
  const names = services.flatMap((methods) => methods.slice(0, 1).map(({ service }) => service))
  return new Map([PACKAGE, ...names].map((name) => [name, serves]))
}
