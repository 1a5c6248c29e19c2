/**
 * `npm run proto`: generates src/wire/proto from the .proto files here, with buf and a plugin that both come
 * from node_modules. `--check` generates into a temporary directory and fails on any difference.
 */

import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { descriptorModule } from './descriptors.ts'

const HERE = import.meta.dirname
const ROOT = join(HERE, '..')
const BIN = join(ROOT, 'node_modules/.bin')
const OUTPUT = join(ROOT, 'src/wire/proto')

function write(): number {
  rmSync(OUTPUT, { recursive: true, force: true })
  generate(OUTPUT)
  console.log(`${filesOf(OUTPUT).length} files in src/wire/proto`)
  return 0
}

function check(): number {
  const fresh = mkdtempSync(join(tmpdir(), 'plasma-proto-'))
  try {
    generate(fresh)
    const stale = differences(fresh)
    for (const file of stale)
      console.error(`src/wire/proto/${file} is stale: run \`npm run proto\``)
    return stale.length === 0 ? 0 : 1
  } finally {
    rmSync(fresh, { recursive: true })
  }
}

function generate(into: string): void {
  buf('generate', HERE, '--template', join(HERE, 'buf.gen.yaml'), '-o', into)
  const set = ['build', HERE, '--as-file-descriptor-set', '--exclude-source-info', '-o']
  const json = buf(...set, '-#format=json').toString()
  const binary = buf(...set, '-#format=binpb')
  writeFileSync(join(into, 'descriptors.ts'), descriptorModule(json, binary))
}

/** What it prints. */
function buf(...args: readonly string[]): Buffer {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` }
  const done = spawnSync(join(BIN, 'buf'), args, { env })
  if (done.status === 0) return done.stdout
  throw new Error(`buf ${args[0]} failed: ${done.stderr || done.error}`)
}

/** Files that one side has and the other has not, or has with other text. */
function differences(fresh: string): string[] {
  const names = new Set([...filesOf(fresh), ...filesOf(OUTPUT)])
  return [...names].filter((name) => read(join(fresh, name)) !== read(join(OUTPUT, name)))
}

const filesOf = (directory: string): string[] => globSync('**/*.ts', { cwd: directory }).sort()

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

process.exitCode = process.argv.includes('--check') ? check() : write()
