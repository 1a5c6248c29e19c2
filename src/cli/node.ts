/** `plasma node`: one node in this process, until a signal, its parent's end, or a fatal error. */

import { loadConfig } from '../config/load.ts'
import { startNode } from '../node/start.ts'
import { whenParentEnds } from './parent.ts'
import { onWishToEnd } from './signals.ts'
import { versionOfPackage } from './version.ts'

export interface NodeCommandOptions {
  readonly config: string
  readonly set: readonly string[]
  readonly rejoin: boolean
}

/** Resolves when the node runs; the process ends by the signals. */
export async function runNodeCommand(options: NodeCommandOptions): Promise<void> {
  const config = loadConfig({
    file: options.config,
    environment: process.env,
    sets: options.set,
  })
  // A parent that was killed leaves no time to be polite, and nobody to wait for it.
  whenParentEnds(() => process.exit(0))
  const node = await startNode(config, { rejoin: options.rejoin, version: versionOfPackage() })
  const end = (again: boolean): void => {
    if (again) process.exit(130)
    node.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(70)
      },
    )
  }
  // On a terminal a hang-up says that the terminal is gone.
  onWishToEnd(end, process.stdout.isTTY ? undefined : node.renew)
}
