/** `plasma flare`, also called `flaredb`: the commands of FlareDB, one file for each noun. */

import type { Command } from 'commander'
import { addKeyCommands } from './kv.ts'
import { addNamespaceCommands } from './namespaces.ts'
import { addRegionCommands } from './regions.ts'
import { withSharedOptions } from './run.ts'
import { addStoreCommands, addTimestampCommand } from './stores.ts'

export function addFlareCommands(flare: Command): void {
  withSharedOptions(flare)
  addKeyCommands(flare)
  addNamespaceCommands(flare)
  addRegionCommands(flare)
  addStoreCommands(flare)
  addTimestampCommand(flare)
}
