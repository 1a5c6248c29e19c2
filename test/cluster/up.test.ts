/** `plasma up`: three nodes from a directory, which end with it whatever ends it, and come back with their data. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { Child } from '../support/child.ts'
import { isAlive, PLASMA, TestCluster, until } from '../support/cluster.ts'

describe('plasma up', () => {
  let cluster: TestCluster
  let up: Child
  let pids: readonly number[]

  const start = async (): Promise<void> => {
    up = new Child(process.execPath, [PLASMA, 'up', cluster.directory])
    for (const { name } of cluster.nodes) {
      await up.line(new RegExp(`"node":"${name}".*"msg":"ready"`), 60_000)
    }
    pids = cluster.nodes.map((_, i) => cluster.ready(i).pid)
    await cluster.leader()
  }

  before(async () => {
    cluster = await TestCluster.make()
    await start()
  })
  after(async () => {
    await up?.stop()
    await cluster?.stop()
  })

  it('runs each node as a process of its own, and one answers what another was told', async () => {
    assert.equal(new Set([...pids, up.pid]).size, 4)
    await using(cluster.node(0).endpoint, (client) => client.kv.put('greeting', 'hello'))
    assert.equal(await valueAt(cluster.node(2).endpoint, 'greeting'), 'hello')
  })

  it('prints one JSON object a line into a pipe, each with its node', () => {
    const names = new Set(up.lines.map((line) => JSON.parse(line).node))
    assert.deepEqual([...names].sort(), ['n1', 'n2', 'n3'])
  })

  it('ends clean, and its nodes with it, however often one Ctrl-C arrives', async () => {
    // A terminal tells every process; npm and the launcher pass theirs on.
    for (const pid of [...pids, up.pid]) process.kill(pid, 'SIGINT')
    const { code } = await up.stop('SIGINT', 30_000)
    assert.equal(code, 0, up.output)
    assert.equal(up.lines.filter((line) => line.includes('"msg":"stopped"')).length, 3)
    assert.deepEqual(pids.filter(isAlive), [])
  })

  it('starts again with what it held', async () => {
    await start()
    assert.equal(await valueAt(cluster.node(1).endpoint, 'greeting'), 'hello')
  })

  it('leaves no node behind when it is killed with -9', async () => {
    await up.stop('SIGKILL')
    await until(
      15_000,
      () => `alive: ${pids.filter(isAlive)}`,
      () => !pids.some(isAlive),
    )
  })

  it('starts again after that, too', async () => {
    await start()
    assert.equal(await valueAt(cluster.node(0).endpoint, 'greeting'), 'hello')
  })

  it('says when a node dies, and the others go on', async () => {
    process.kill(pids[1] as number, 'SIGKILL')
    await up.line(/"node":"n2","code":137,"msg":"ended"/, 15_000)
    assert.equal(await valueAt(cluster.node(2).endpoint, 'greeting'), 'hello')
    await up.stop('SIGTERM', 30_000)
  })
})

async function valueAt(endpoint: string, key: string): Promise<string> {
  const { kvs } = await using(endpoint, (client) => client.kv.get(key))
  return Buffer.from(kvs[0]?.value ?? []).toString()
}

async function using<T>(
  endpoint: string,
  use: (client: ReturnType<typeof connect>) => Promise<T>,
): Promise<T> {
  const client = connect({ endpoints: [endpoint] })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}
