/** Commands that belong to one key: sent to whoever holds it until they are done. */

import type { Bytes } from '../../base/bytes.ts'
import type { NamespaceId, RegionCommand, RegionResult } from '../../core/region/types.ts'
import type { RegionWrite, RegionWriteDone } from '../../wire/messages/region.ts'
import { type Done, good } from './outcome.ts'
import type { AskOptions, RegionCalls } from './region-calls.ts'

export class CommandCalls {
  readonly #regions: RegionCalls

  constructor(regions: RegionCalls) {
    this.#regions = regions
  }

  run(
    namespace: NamespaceId,
    key: Bytes,
    command: RegionCommand,
    options: AskOptions,
    done: Done<RegionResult>,
  ): void {
    const spot = { namespace, key, below: false }
    this.#regions.at(
      spot,
      ({ descriptor }) =>
        ({ kind: 'region.write', epoch: descriptor.epoch, command }) satisfies RegionWrite,
      options,
      (answered) => {
        if (answered.ok) done(good((answered.value.message as RegionWriteDone).result))
        else done(answered)
      },
    )
  }
}
