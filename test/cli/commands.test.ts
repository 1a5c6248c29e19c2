/** The commands that need no running node, and `status`, which looks at some. */

import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { finish } from '../support/child.ts'
import { PLASMA, TestCluster } from '../support/cluster.ts'

const plasma = (...args: readonly string[]) =>
  finish(process.execPath, [PLASMA, ...args], { timeoutMs: 30_000 })

describe('plasma init', () => {
  it('writes one config a node, with a secret of its own, and overwrites nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plasma-init-'))
    const done = await plasma('init', directory, '--nodes', 'a,b,c', '--name', 'mine')
    assert.equal(done.code, 0, done.stderr)
    assert.deepEqual(readdirSync(directory).sort(), ['a.yaml', 'b.yaml', 'c.yaml'])
    const secrets = ['a', 'b', 'c'].map(
      (name) => /secret: (\S+)/.exec(readFileSync(join(directory, `${name}.yaml`), 'utf8'))?.[1],
    )
    assert.ok((secrets[0]?.length ?? 0) >= 32)
    assert.equal(new Set(secrets).size, 1)
    const again = await plasma('init', directory, '--nodes', 'a')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /a\.yaml is there already/)
    assert.equal(statSync(join(directory, 'a.yaml')).mode & 0o077, 0, 'others may read the secret')
    rmSync(directory, { recursive: true })
  })

  it('writes certificates with --tls: keys for nobody else, and each good for its use', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plasma-init-'))
    const done = await plasma('init', directory, '--nodes', 'a,b', '--tls')
    assert.equal(done.code, 0, done.stderr)
    const certs = join(directory, 'certs')
    const read = (name: string): string => readFileSync(join(certs, name), 'utf8')
    assert.deepEqual(
      readdirSync(certs).filter((name) => (statSync(join(certs, name)).mode & 0o077) === 0),
      ['a.key', 'b.key', 'ca.key', 'client.key'],
    )
    const ca = new X509Certificate(read('ca.crt'))
    for (const name of ['a', 'b', 'client']) {
      const certificate = new X509Certificate(read(`${name}.crt`))
      assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
      assert.ok(certificate.checkPrivateKey(createPrivateKey(read(`${name}.key`))))
      const isServer = name !== 'client'
      assert.equal(certificate.checkIP('127.0.0.1') !== undefined, isServer)
      assert.equal(certificate.checkHost('localhost') !== undefined, isServer)
    }
    const again = await plasma('init', directory, '--nodes', 'c', '--tls')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /ca\.crt is there already/)
    rmSync(directory, { recursive: true })
  })

  it('writes nothing that a node would refuse', async () => {
    const directory = join(tmpdir(), `plasma-init-${process.pid}`)
    const wrong: readonly (readonly [RegExp, ...string[]])[] = [
      [/cluster\.nodes\.1: must be 1 to 32 lower-case letters/, '--nodes', 'a,B'],
      [/cluster\.nodes: a stands there twice/, '--nodes', 'a,a'],
      [/cluster\.name: must be/, '--name', 'My cluster'],
      [/--port 60000 leaves no room/, '--port', '60000'],
    ]
    for (const [line, ...args] of wrong) {
      const { code, stderr } = await plasma('init', directory, ...args)
      assert.equal(code, 1)
      assert.match(stderr, line)
      assert.ok(!existsSync(directory))
    }
  })
})

describe('plasma status', () => {
  it('shows every node and its groups, as tables and as JSON, and which is down', async () => {
    const cluster = await TestCluster.start({ sets: ['unsafe.noSync=true'] })
    try {
      await cluster.leader()
      const table = await plasma('status', cluster.directory)
      assert.equal(table.code, 0, table.stderr)
      for (const word of ['n1', 'n2', 'n3', 'leader', 'chainfire', 'unsafe.noSync is on']) {
        assert.ok(table.stdout.includes(word), `${word} is not in\n${table.stdout}`)
      }
      const json = JSON.parse((await plasma('status', cluster.directory, '--json')).stdout)
      assert.deepEqual(
        json.map(({ report }: { report: { node: string } }) => report.node),
        ['n1', 'n2', 'n3'],
      )
      await cluster.kill(0)
      const without = await plasma('status', cluster.directory)
      assert.equal(without.code, 1)
      assert.match(without.stdout, /n1 .*down/)
    } finally {
      await cluster.stop()
    }
  })
})

describe('plasma', () => {
  it('has the commands that docs/cli.md has', async () => {
    const { stdout } = await plasma('--help')
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) (?!.*display help)/gm)].map(
      ([, name]) => name,
    )
    const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
    const told = [...page.matchAll(/^\| `plasma ([a-z]+)/gm)].map(([, name]) => name)
    assert.deepEqual(told.sort(), listed.sort())
    assert.ok(listed.length > 0)
  })
  it('names the command that was meant', async () => {
    const { code, stderr } = await plasma('statsu')
    assert.notEqual(code, 0)
    assert.match(stderr, /Did you mean status\?/)
  })
})
