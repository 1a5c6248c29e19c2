/** The package as users get it: packed, installed in an empty directory, started by the host's own Node. */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { textOf } from '../../src/client/shapes.ts'
import { Child, type Finished, finish } from '../support/child.ts'
import { isAlive, until } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSTALL_MS = 150_000
/** The path of somebody who never heard of this repository: the host's own Node, if it has one. */
const PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

describe('the packed package', () => {
  let directory: string
  let installed: string
  let node: Child | undefined

  const npm = (cwd: string, ...args: readonly string[]): Promise<Finished> =>
    finish('npm', args, { cwd, timeoutMs: INSTALL_MS })
  const plasma = (...args: readonly string[]): Promise<Finished> =>
    finish('npx', ['plasma', ...args], { cwd: directory, env: { PATH }, timeoutMs: 60_000 })

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'plasma-pack-'))
    installed = join(directory, 'node_modules/plasma')
    const packed = await npm(ROOT, 'pack', '--pack-destination', directory)
    assert.equal(packed.code, 0, packed.stderr)
    const [tarball] = readdirSync(directory)
    writeFileSync(join(directory, 'package.json'), '{ "name": "user", "private": true }')
    const flags = ['--prefer-offline', '--no-audit', '--no-fund']
    const done = await npm(directory, 'install', ...flags, join(directory, tarball as string))
    assert.equal(done.code, 0, done.stderr)
  })
  after(async () => {
    await node?.stop('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })

  it('brings the build, the pages and the examples; no sources, and nothing a node left', () => {
    assert.deepEqual(readdirSync(installed).sort(), [
      'ARCHITECTURE.md',
      'GUARANTEES.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'docs',
      'examples',
      'package.json',
      'sim',
    ])
    const examples = readdirSync(join(installed, 'examples'), { recursive: true, encoding: 'utf8' })
    assert.deepEqual(
      examples.filter((path) => path.includes('.') && !path.endsWith('.yaml')),
      [],
    )
    assert.ok(!examples.some((path) => path.endsWith('data')), 'keys of a node are in the package')
  })

  it('writes a config and runs a node on it that takes a put, on the Node that it brings', async () => {
    const written = await plasma('init', 'mine', '--nodes', 'n1')
    assert.equal(written.code, 0, written.stderr)
    node = await startNode(directory)
    const ready = readReady(directory)
    const user = connect({ endpoints: [ready.client] })
    try {
      await user.kv.put('packed', 'and unpacked', { timeoutMs: 20_000 })
      const { kvs } = await user.kv.get('packed')
      assert.equal(textOf(kvs[0]?.value ?? new Uint8Array()), 'and unpacked')
    } finally {
      user.close()
    }
    const status = await plasma('status', ready.http)
    assert.equal(status.code, 0, status.stderr)
    assert.match(status.stdout, /n1 .*leader/)
  })

  it('brings the FlareDB client as plasma/flare, and flaredb', async () => {
    const { client } = readReady(directory)
    const script = `import { connect, textOf } from 'plasma/flare'
const db = connect({ endpoints: ['${client}'], timeoutMs: 20_000 })
await db.namespace().put('from', 'outside')
console.log(textOf((await db.namespace().get('from')).value))
db.close()`
    writeFileSync(join(directory, 'user.mjs'), script)
    const done = await finish(process.execPath, ['user.mjs'], { cwd: directory, timeoutMs: 40_000 })
    assert.deepEqual([done.code, done.stdout], [0, 'outside\n'], done.stderr)
    const args = ['flaredb', 'get', 'from', '--raw', '-e', client]
    const told = await finish('npx', args, { cwd: directory, env: { PATH }, timeoutMs: 60_000 })
    assert.deepEqual([told.code, told.stdout], [0, 'outside'], told.stderr)
  })

  it('ends its node clean on SIGTERM', async () => {
    const { pid } = readReady(directory)
    const { code } = (await node?.stop()) ?? {}
    assert.equal(code, 0, node?.output)
    assert.ok(!isAlive(pid))
  })

  it('leaves no node behind when its launcher is killed with -9', async () => {
    node = await startNode(directory)
    const { pid } = readReady(directory)
    await node.stop('SIGKILL')
    await until(
      15_000,
      () => `${pid} is alive`,
      () => !isAlive(pid),
    )
  })

  it('brings the simulator and the benches', async () => {
    const schedule = join(installed, 'sim/schedules/one-way-partition.yaml')
    const played = await plasma('sim', 'run', schedule)
    assert.equal(played.code, 0, played.stderr)
    assert.match(played.stdout, /revisions/)
    const mutants = await plasma('sim', 'mutants')
    assert.match(mutants.stderr, /use a clone/)
    assert.match((await plasma('bench', '--help')).stderr, /bench chainfire/)
  })
})

async function startNode(directory: string): Promise<Child> {
  const ports = await freePorts(3)
  const sets = ['client', 'http', 'links'].flatMap((part, i) => [
    '--set',
    `${part}.port=${ports[i]}`,
  ])
  const args = ['node', '-c', 'mine/n1.yaml', ...sets]
  const launcher = join(directory, 'node_modules/.bin/plasma')
  const node = new Child(launcher, args, { cwd: directory, env: { PATH }, tied: true })
  await node.line(/"msg":"ready"/, 60_000)
  return node
}

function readReady(directory: string): { client: string; http: string; pid: number } {
  const file = join(directory, 'mine/data/n1/ready.json')
  assert.ok(existsSync(file), `${file} is not there`)
  return JSON.parse(readFileSync(file, 'utf8'))
}
