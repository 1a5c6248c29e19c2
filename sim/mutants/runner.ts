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
import type { Suite } from '../suites.ts'
import { MUTANTS } from './catalogue.ts'
import type { Edit, Mutant } from './mutant.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const SEEDS = 200

interface Outcome {
  readonly caughtBy: number | undefined
  readonly tried: number
  readonly what: string
}

export async function runMutants(names: readonly string[]): Promise<number> {
  if (!import.meta.filename.endsWith('.ts')) {
    console.error('bugs are planted in the sources, which the package leaves out; use a clone')
    return EXIT['invalid-schedule']
  }
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

export function edited(mutant: Mutant, edit: Edit, text: string): string {
  const found = text.split(edit.find).length - 1
  if (found !== 1) {
    throw new Error(`${mutant.name}: its text is ${found} times in ${edit.file}, not once`)
  }
  return text.replace(edit.find, () => edit.put)
}

async function tryAll(mutant: Mutant, copy: string): Promise<Outcome> {
  const first = mutant.seeds ?? []
  const { suite = 'chainfire' } = mutant
  const others = Array.from({ length: SEEDS }, (_, seed) => seed + 1)
  let left = [...first, ...others.filter((seed) => !first.includes(seed))].slice(0, SEEDS)
  let tried = 0
  while (left.length > 0) {
    const planted = await runSeeds(copy, suite, left)
    tried += planted.lines.length
    const seed = left[planted.lines.length - 1] as number
    const what = planted.lines.at(-1) ?? 'nothing ran'
    if (planted.code === EXIT.pass || planted.lines.length === 0) break
    left = left.slice(planted.lines.length)
    if (!isCaught(planted.code, what)) continue
    const clean = await runSeeds(ROOT, suite, [seed])
    if (clean.code === EXIT.pass) return { caughtBy: seed, tried, what }
    return { caughtBy: undefined, tried, what: `fails without the bug: ${clean.lines.join()}` }
  }
  return { caughtBy: undefined, tried, what: 'never caught' }
}

/** By a check from outside: an actor that dies of an assertion beside the edit is not enough. */
function isCaught(code: number, what: string): boolean {
  if (code === EXIT.liveness) return true
  return code === EXIT.safety && !/ safety: (actor|thrown) /.test(`${what} `)
}

/** Seeds in a fresh process over the tree at `root`, until one fails. */
function runSeeds(
  root: string,
  suite: Suite,
  seeds: readonly number[],
): Promise<{ code: number; lines: string[] }> {
  return new Promise((resolve, reject) => {
    const args = [join(root, 'sim/seed.ts'), seeds.join(), suite]
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const lines = output.split('\n').filter((line) => line.startsWith('seed '))
      resolve({ code: code ?? EXIT.harness, lines })
    })
  })
}
