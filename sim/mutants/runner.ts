/**
 * Plants each bug in a temporary copy of the source and runs seeds there, each in a process of its own,
 * until one is caught; the same seeds must pass on the source as it is.
 *
 * Caught means: a check of invariants or histories found it (safety), or the healed cluster did not
 * recover (liveness). A copy that does not even load, or breaks the harness, is not caught.
 */

import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../report.ts'
import { MUTANTS, type Mutant } from './catalogue.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const SEEDS = 200

interface Outcome {
  readonly caughtBy: number | undefined
  readonly tried: number
  readonly what: string
}

export async function runMutants(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown.length > 0) {
    console.error(`no mutant is called ${unknown.join(', ')}`)
    return EXIT['invalid-schedule']
  }
  const chosen = MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name))
  let escaped = 0
  for (const mutant of chosen) {
    const outcome = await hunt(mutant)
    if (outcome.caughtBy === undefined) escaped++
    console.log(JSON.stringify({ mutant: mutant.name, breaks: mutant.breaks, ...outcome }))
  }
  console.error(`${chosen.length - escaped} of ${chosen.length} planted bugs caught`)
  return escaped === 0 ? EXIT.pass : EXIT.unknown
}

async function hunt(mutant: Mutant): Promise<Outcome> {
  const copy = await mkdtemp(join(tmpdir(), 'plasma-mutant-'))
  try {
    await plant(mutant, copy)
    return await tryAll(mutant, copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** Throws when an edit does not match: the catalogue must follow the source. */
export async function plant(mutant: Mutant, copy: string): Promise<void> {
  for (const folder of ['src', 'sim']) {
    await cp(join(ROOT, folder), join(copy, folder), { recursive: true })
  }
  await cp(join(ROOT, 'package.json'), join(copy, 'package.json'))
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  for (const edit of mutant.edits) {
    const path = join(copy, edit.file)
    await writeFile(path, edited(mutant, edit, await readFile(path, 'utf8')))
  }
}

export function edited(mutant: Mutant, edit: Mutant['edits'][number], text: string): string {
  const found = text.split(edit.find).length - 1
  if (found !== 1) {
    throw new Error(`${mutant.name}: its text is ${found} times in ${edit.file}, not once`)
  }
  return text.replace(edit.find, () => edit.put)
}

async function tryAll(mutant: Mutant, copy: string): Promise<Outcome> {
  const first = mutant.seeds ?? []
  const others = Array.from({ length: SEEDS }, (_, seed) => seed + 1)
  const seeds = [...first, ...others.filter((seed) => !first.includes(seed))].slice(0, SEEDS)
  let tried = 0
  for (const seed of seeds) {
    tried++
    const planted = await runSeed(copy, seed)
    if (planted.code !== EXIT.safety && planted.code !== EXIT.liveness) continue
    const clean = await runSeed(ROOT, seed)
    if (clean.code !== EXIT.pass) {
      return {
        caughtBy: undefined,
        tried,
        what: `seed ${seed} fails without the bug: ${clean.what}`,
      }
    }
    return { caughtBy: seed, tried, what: planted.what }
  }
  return { caughtBy: undefined, tried, what: 'never caught' }
}

/** One seed in a fresh process, over the tree at `root`. */
function runSeed(root: string, seed: number): Promise<{ code: number; what: string }> {
  return new Promise((resolve, reject) => {
    const args = [join(root, 'sim/seed.ts'), String(seed)]
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('exit', (code) => resolve({ code: code ?? EXIT.harness, what: output.trim() }))
  })
}
