/** `plasma flare`, also called `flaredb`: the commands of FlareDB, one file for each noun. */

import type { Command } from 'commander'
import { addBatchCommand } from './batch.ts'
import { addBenchCommand } from './bench.ts'
import { addFsckCommand } from './fsck.ts'
import { addKeyCommands } from './kv.ts'
import { addFileCommands } from './load.ts'
import { addNamespaceCommands } from './namespaces.ts'
import { addRegionCommands } from './regions.ts'
import { withSharedOptions } from './run.ts'
import { addStoreCommands, addTimestampCommand } from './stores.ts'
import { addTxnCommand } from './txn.ts'

export function addFlareCommands(flare: Command): void {
  withSharedOptions(flare)
  addKeyCommands(flare)
  addBatchCommand(flare)
  addTxnCommand(flare)
  addNamespaceCommands(flare)
  addRegionCommands(flare)
  addStoreCommands(flare)
  addTimestampCommand(flare)
  addFileCommands(flare)
  addFsckCommand(flare)
  addBenchCommand(flare)
}
