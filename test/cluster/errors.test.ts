/** What a node cannot start with: each is one clear line and an exit code that is not zero. */

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { finish } from '../support/child.ts'
import { PLASMA, TestCluster } from '../support/cluster.ts'

const PATIENCE_MS = 30_000

describe('a node that cannot start says why in one line', () => {
  let cluster: TestCluster
  let config: string

  before(async () => {
    cluster = await TestCluster.make({ nodes: 2 })
    config = readFileSync(cluster.node(0).file, 'utf8')
    // One short life each, so that there are data directories to mistake.
    await Promise.all([0, 1].map((node) => cluster.startNode(node)))
    await Promise.all([0, 1].map((node) => cluster.child(node).stop()))
  })
  after(() => cluster?.stop())

  const start = (...sets: readonly string[]): Promise<string> =>
    refusal(cluster.node(0).file, ...sets)

  it('for a key that does not exist, with its line and what was meant', async () => {
    const file = join(cluster.directory, 'wrong.yml')
    writeFileSync(file, config.replace('node: n1', 'node: n1\nshard: 2'))
    assert.match(await refusal(file), /wrong\.yml:3.*shard.*did you mean shards\?/)
  })

  it('for YAML that is none, with its line', async () => {
    const file = join(cluster.directory, 'broken.yml')
    writeFileSync(file, config.replace('client: {', 'client: {{'))
    assert.match(await refusal(file), /broken\.yml:[45]: not valid YAML/)
  })

  it('for an occupied port, with who has it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = server.address()
    const port = typeof at === 'object' && at !== null ? at.port : 0
    for (const listener of ['client', 'http']) {
      const line = await start(`${listener}.port=${port}`)
      assert.match(line, new RegExp(`${listener}: .*:${port} is in use by process ${process.pid}`))
    }
    server.close()
  })

  it('for an occupied port of the links', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    assert.match(await start(`links.port=${port}`), new RegExp(`links: .*${port}`))
    socket.close()
  })

  it('for a data directory that cannot be written', async () => {
    // Not even root makes a directory there.
    assert.match(await start('data=/sys/plasma'), /data directory \/sys\/plasma cannot be used/)
  })

  it('for a data directory that is a file', async () => {
    const file = join(cluster.directory, 'a-file')
    writeFileSync(file, '')
    assert.match(await start(`data=${file}`), /a-file cannot be used/)
  })

  it('for the data directory of another node', async () => {
    const line = await start(`data=${cluster.node(1).data}`)
    assert.match(line, /belongs to node n2, not to n1/)
  })

  it('for the data directory of another cluster', async () => {
    assert.match(await start('cluster.name=other'), /belongs to another cluster/)
  })

  it('for a data directory that a running node has', async () => {
    const child = await cluster.startNode(0)
    assert.match(await start(), new RegExp(`in use by process ${child.pid} \\(node n1\\)`))
    await child.stop()
  })

  it('for a newer or older format on disk', async () => {
    const file = join(cluster.node(0).data, 'FORMAT')
    const format = readFileSync(file, 'utf8')
    writeFileSync(file, format.replace(/"diskVersion": \d+/, '"diskVersion": 99'))
    assert.match(await start(), /a newer version \(format 99/)
    writeFileSync(file, format.replace(/"diskVersion": \d+/, '"diskVersion": 1'))
    assert.match(
      await start(),
      /an older version \(format 1, this one reads 2\); start that version/,
    )
    writeFileSync(file, format)
  })

  it('for a damaged name tag', async () => {
    const file = join(cluster.node(0).data, 'FORMAT')
    const format = readFileSync(file, 'utf8')
    writeFileSync(file, format.slice(0, 40))
    assert.match(await start(), /FORMAT is damaged.*--rejoin/)
    writeFileSync(file, format)
  })
})

/** The one line with which a start ends. */
async function refusal(file: string, ...sets: readonly string[]): Promise<string> {
  const args = [PLASMA, 'node', '-c', file, ...sets.flatMap((set) => ['--set', set])]
  const { code, stdout, stderr } = await finish(process.execPath, args, { timeoutMs: PATIENCE_MS })
  assert.equal(code, 1, `${stdout}${stderr}`)
  const lines = stderr.trim().split('\n')
  assert.equal(lines.length, 1, stderr)
  return lines[0] as string
}
