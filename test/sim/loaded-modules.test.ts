/**
 * The simulator runs the shipped code: whatever a node loads of these folders, a run loads too. What it
 * replaces is the host alone.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT, readSources, type SourceFile } from '../house/tree.ts'

/** Of these, everything but what stands in brackets. */
const SHARED = ['src/core', 'src/actors', 'src/wire', 'src/storage', 'src/runtime']
/** Adapters of the host, and what the doors speak to clients: the simulator stands in their place. */
const REPLACED = [
  'src/storage/level/',
  'src/runtime/threads/',
  'src/wire/proto/',
  // Calls with promises: runs make the same calls with callbacks.
  'src/actors/flare/face.ts',
]
const NODE_ENTRIES = ['src/node/start.ts', 'src/node/worker.ts']

/** Prints the files of this repository that a seed loads. */
const WATCH_LOADING = `
  import { registerHooks } from 'node:module'
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:') && !url.includes('node_modules')) console.log('loads ' + url)
      return next(url, context)
    },
  })`

async function loadedBySimulator(): Promise<Set<string>> {
  const hook = `data:text/javascript,${encodeURIComponent(WATCH_LOADING)}`
  const args = ['--import', hook, join(ROOT, 'sim/seed.ts'), '1', 'chainfire', '60']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const files = stdout.split('\n').filter((line) => line.startsWith('loads '))
  return new Set(
    files.map((line) => decodeURIComponent(new URL(line.slice(6)).pathname).slice(ROOT.length + 1)),
  )
}

function loadedByNode(): Set<string> {
  const byPath = new Map<string, SourceFile>(readSources(['src']).map((file) => [file.path, file]))
  const loaded = new Set<string>()
  const visit = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const found of byPath.get(path)?.imports ?? []) {
      if (found.local && !found.typeOnly) visit(found.target)
    }
  }
  for (const entry of NODE_ENTRIES) visit(entry)
  return loaded
}

it('loads every shared file that a node loads', async () => {
  const simulator = await loadedBySimulator()
  const shared = [...loadedByNode()].filter(
    (path) =>
      SHARED.some((folder) => path.startsWith(`${folder}/`)) &&
      !REPLACED.some((folder) => path.startsWith(folder)),
  )
  assert.ok(shared.length > 100, `${shared.length} files are shared`)
  assert.deepEqual(
    shared.filter((path) => !simulator.has(path)),
    [],
  )
})
