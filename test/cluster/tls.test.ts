/** Three nodes in TLS that ask for certificates, with what `plasma init --tls` made: every client's way in, and strangers'. */

import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import type { ClientTls } from '../../src/client/endpoints.ts'
import { textOf } from '../../src/client/shapes.ts'
import { type Finished, finish } from '../support/child.ts'
import {
  CERTIFICATES,
  clientTls,
  type NodeStatus,
  PLASMA,
  TestCluster,
  until,
} from '../support/cluster.ts'
import { askPage } from '../support/page.ts'

/** Connections enough that each worker thread has some of them. */
const MANY = 12

describe('three nodes in TLS', () => {
  let cluster: TestCluster
  /** Where another authority's certificates are. */
  let strange: string

  before(async () => {
    cluster = await TestCluster.start({ tls: true, sets: ['debug.faults=true'] })
    await cluster.leader()
    const directory = join(cluster.directory, 'strange')
    await finish(process.execPath, [PLASMA, 'init', directory, '--tls'])
    strange = join(directory, 'certs')
  })
  after(() => cluster?.stop())

  const own = (): string => join(cluster.directory, CERTIFICATES)
  const flags = (certs: string): string[] => [
    ...['--cacert', join(certs, 'ca.crt')],
    ...['--cert', join(certs, 'client.crt')],
    ...['--key', join(certs, 'client.key')],
  ]
  const plasma = (...args: string[]): Promise<Finished> =>
    finish(process.execPath, [PLASMA, ...args])
  const etcdctl = (endpoint: string, ...args: string[]): Promise<Finished> =>
    finish('etcdctl', ['--endpoints', endpoint, '--command-timeout=5s', ...args])
  const curl = async (...args: string[]): Promise<string> =>
    (await finish('curl', ['-sS', '--max-time', '5', ...args])).stdout
  const pageOf = async (i: number, tls: ClientTls | undefined): Promise<string> =>
    (await askPage({ at: cluster.node(i).endpoint, path: '/version', tls })).body

  it('etcdctl writes at one and reads at another', async () => {
    const put = await etcdctl(cluster.node(0).endpoint, ...flags(own()), 'put', 'greeting', 'hello')
    assert.equal(put.stdout, 'OK\n', put.stderr)
    const secure = `https://${cluster.node(2).endpoint}`
    const get = await etcdctl(secure, ...flags(own()), 'get', 'greeting', '--print-value-only')
    assert.equal(get.stdout, 'hello\n', get.stderr)
  })

  it('members name https, and etcdctl finds each of them healthy by it', async () => {
    const { endpoint } = cluster.node(1)
    const list = await etcdctl(endpoint, ...flags(own()), 'member', 'list')
    for (const each of cluster.endpoints) assert.ok(list.stdout.includes(`https://${each}`))
    const health = await etcdctl(endpoint, ...flags(own()), 'endpoint', 'health', '--cluster')
    assert.equal(health.code, 0, health.stderr)
  })

  it('curl reads the pages of both ports, metrics of all threads among them', async () => {
    const { endpoint, http } = cluster.node(0)
    const [client, pages] = [`https://${endpoint}`, `https://${http}`]
    assert.match(await curl(...flags(own()), `${client}/health`), /"health":"true"/)
    assert.match(await curl(...flags(own()), `${client}/metrics`), /^plasma_turns_total \d/m)
    assert.equal(await curl(...flags(own()), `${pages}/readyz`), 'ok\n')
    assert.match(await curl(...flags(own()), `${pages}/metrics`), /^plasma_turns_total \d/m)
  })

  it('the TypeScript client writes, reads and watches', async () => {
    const { tls } = cluster
    assert.ok(tls)
    const client = connect({ endpoints: cluster.endpoints, tls })
    const stop = new AbortController()
    try {
      const events = client.watch('watched', { signal: stop.signal })
      await events.next()
      await client.kv.put('watched', 'x')
      const batch = (await events.next()).value
      assert.deepEqual(
        batch?.events.map(({ kv }) => textOf(kv.value)),
        ['x'],
      )
    } finally {
      stop.abort()
      client.close()
    }
  })

  it('plasma status asks by the configs alone, or by address with flags', async () => {
    const all = await plasma('status', cluster.directory)
    assert.equal(all.code, 0, all.stdout + all.stderr)
    const { http } = cluster.node(1)
    const one = await plasma('status', http, ...flags(own()))
    assert.equal(one.code, 0, one.stdout + one.stderr)
    const plain = await plasma('status', http)
    assert.equal(plain.code, 1)
    assert.match(plain.stdout, /This port speaks TLS: use https/)
    const untrusting = await plasma('status', `https://${http}`)
    assert.match(untrusting.stdout, /its certificate is not trusted .*--cacert/)
    const nameless = await plasma('status', http, ...flags(own()).slice(0, 2))
    assert.match(nameless.stdout, /it refuses the certificate of this client.*--cert/)
  })

  it('refuses who shows no certificate, who shows a stranger, and who speaks plain text', async () => {
    const { endpoint, http } = cluster.node(0)
    const wrong = [
      ['--cacert', join(own(), 'ca.crt')],
      [...flags(strange).slice(2), '--cacert', join(own(), 'ca.crt')],
      flags(strange),
    ]
    for (const args of wrong) {
      const quick = ['--command-timeout=1s', '--dial-timeout=1s']
      const get = await etcdctl(`https://${endpoint}`, ...args, ...quick, 'get', 'greeting')
      assert.notEqual(get.code, 0, get.stdout)
      for (const port of [endpoint, http])
        assert.equal(await curl(...args, `https://${port}/health`), '')
    }
    for (const port of [endpoint, http]) {
      assert.match(await curl(`http://${port}/health`), /^This port speaks TLS/)
    }
    const get = await etcdctl(endpoint, ...flags(own()), 'get', 'greeting', '--print-value-only')
    assert.equal(get.stdout, 'hello\n', get.stderr)
  })

  it('takes up new certificates by SIGHUP on every thread, and keeps the old while new ones are broken', async () => {
    const node = cluster.child(0)
    writeFileSync(join(own(), 'n1.key'), 'torn')
    node.process.kill('SIGHUP')
    await node.line(/the old certificates stay: tls\.key: .*n1\.key holds no private key/, 5000)
    assert.match(await pageOf(0, cluster.tls), /etcdserver/)
    for (const name of ['n1.crt', 'n1.key']) copyFileSync(join(strange, name), join(own(), name))
    node.process.kill('SIGHUP')
    await node.line(/new certificates are in use/, 5000)
    await everyThreadIsOf(clientTls(strange).ca)
  })

  it('a worker that begins again has the new ones', async () => {
    const tls = { ...cluster.tls, ca: clientTls(strange).ca }
    const at = cluster.node(0).http
    const body = JSON.stringify({ shard: 1 })
    await askPage({ at, path: '/debug/faults/crash-shard', method: 'POST', body, tls })
    await cluster.child(0).line(/another thread takes its place/, 5000)
    await until(
      10_000,
      () => 'the worker is not back',
      async () => {
        const status = JSON.parse((await askPage({ at, path: '/status', tls })).body) as NodeStatus
        return (status.shards[1]?.groups.length ?? 0) > 0
      },
    )
    await everyThreadIsOf(clientTls(strange).ca)
  })

  /** By connections enough, of both protocols. */
  async function everyThreadIsOf(ca: string): Promise<void> {
    const tls = { ...cluster.tls, ca }
    for (let i = 0; i < MANY; i++) {
      assert.match(await pageOf(0, tls), /etcdserver/)
      const client = connect({ endpoints: [cluster.node(0).endpoint], tls })
      await client.kv.get('greeting').finally(() => client.close())
    }
  }

  it('keeps the HTTP port plain where the config says so', async () => {
    await cluster.child(2).stop()
    await cluster.startNode(2, '--set', 'http.tls=false')
    const { endpoint, http } = cluster.node(2)
    assert.match(await curl(`http://${http}/version`), /etcdserver/)
    assert.match(await curl(...flags(own()), `https://${endpoint}/version`), /etcdserver/)
  })

  it('does not start with a key of another certificate, and says so in one line', async () => {
    await cluster.child(1).stop()
    copyFileSync(join(strange, 'n2.key'), join(own(), 'n2.key'))
    const child = cluster.launch(1)
    assert.equal((await child.exit).code, 1)
    assert.equal(child.lines.length, 1, child.output)
    assert.match(
      child.output,
      /n2\.yaml:\d+: tls\.key: .*n2\.key is not the key of the certificate/,
    )
  })
})
