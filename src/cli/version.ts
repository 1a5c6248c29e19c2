/** The version that the package's manifest names; sources and build stand at different depths below it. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export function versionOfPackage(): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory)
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  )
  return manifest.version
}
