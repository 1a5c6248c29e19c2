/** The package as users get it: packed, installed in an empty directory, started by the host's own Node. */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { textOf } from '../../src/client/shapes.ts'
import { Child, finish } from '../support/child.ts'
import { freePorts } from '../support/ports.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSTALL_MS = 150_000

describe('the packed package', () => {
  let directory: string
  let node: Child | undefined

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'plasma-pack-'))
    const packed = await npm(ROOT, 'pack', '--pack-destination', directory)
    assert.equal(packed.code, 0, packed.stderr)
    const [tarball] = readdirSync(directory)
    writeFileSync(join(directory, 'package.json'), '{ "name": "user", "private": true }')
    const args = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
    const installed = await npm(directory, 'install', ...args, join(directory, tarball as string))
    assert.equal(installed.code, 0, installed.stderr)
  })
  after(async () => {
    await node?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('brings no sources, and a launcher', () => {
    const installed = join(directory, 'node_modules/plasma')
    assert.ok(existsSync(join(installed, 'dist/src/cli/main.js')))
    assert.ok(!existsSync(join(installed, 'src')))
    assert.ok(existsSync(join(directory, 'node_modules/.bin/plasma')))
  })

  it('starts a node that takes a put, on the Node that the package brings', async () => {
    const [client, http, links] = await freePorts(3)
    const config = join(directory, 'n1.yaml')
    writeFileSync(
      config,
      `cluster: { name: packed, secret: a secret of the test, nodes: [n1] }
node: n1
data: ./data
client: { port: ${client} }
http: { port: ${http} }
links: { host: 127.0.0.1, port: ${links} }
`,
    )
    node = new Child(hostNode(), ['node_modules/.bin/plasma', 'node', '-c', config], {
      cwd: directory,
      tied: true,
    })
    await node.line(/"msg":"ready"/, 60_000)
    const user = connect({ endpoints: [`127.0.0.1:${client}`] })
    await user.kv.put('packed', 'and unpacked', { timeoutMs: 20_000 })
    const { kvs } = await user.kv.get('packed')
    assert.deepEqual(
      kvs.map(({ value }) => textOf(value)),
      ['and unpacked'],
    )
    user.close()
  })
})

const npm = (cwd: string, ...args: readonly string[]) =>
  finish('npm', args, { cwd, timeoutMs: INSTALL_MS })

/** The first `node` on the path that is not this repository's own. */
function hostNode(): string {
  const folders = (process.env.PATH ?? '').split(':')
  const found = folders
    .map((folder) => join(folder, 'node'))
    .find((path) => !path.includes('node_modules') && existsSync(path))
  return found ?? process.execPath
}
