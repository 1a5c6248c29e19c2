/** `flaredb fsck` on three processes: clean, then with one byte of one node's disk flipped, then with that node away. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, type FlareClient } from '../../src/client/flare/index.ts'
import { finish } from '../support/child.ts'
import { TestCluster } from '../support/cluster.ts'

const FLAREDB = join(import.meta.dirname, '../../bin/flaredb.js')
const VICTIM = 'the-victim'
/** Incompressible: its bytes stand in the table as they are. */
const VALUE = randomBytes(3000)

interface Line {
  readonly region: string
  readonly replica: string
  readonly hash: string
  readonly verdict: string
  readonly text?: string
}

describe('fsck on three nodes', { timeout: 120_000 }, () => {
  let cluster: TestCluster
  let client: FlareClient

  before(async () => {
    cluster = await TestCluster.start()
    client = connect({ endpoints: cluster.endpoints })
    await client.namespace().put('first', '1', { timeoutMs: 30_000 })
    for (let i = 0; i < 200; i++) await client.namespace().put(`key-${i}`, randomBytes(200))
    await client.namespace().put(VICTIM, VALUE)
  })
  after(async () => {
    client.close()
    await cluster.stop()
  })

  const fsck = (...args: readonly string[]) =>
    finish(process.execPath, [FLAREDB, 'fsck', ...args], {
      env: { PLASMA_ENDPOINTS: cluster.endpoints.slice(0, 1).join(','), NO_COLOR: '1' },
    })

  async function lines(): Promise<{
    readonly code: number | null
    readonly lines: readonly Line[]
  }> {
    const { code, stdout, stderr } = await fsck('--json')
    const told = stdout.split('\n').filter((line) => line !== '')
    assert.ok(told.length > 0, stderr)
    return { code, lines: told.map((line) => JSON.parse(line) as Line) }
  }

  it('a cluster that is written to is clean: a table, and exit code 0', async () => {
    let writing = true
    const writer = (async () => {
      for (let i = 0; writing; i++) await client.namespace().put(`key-${i % 200}`, `${i}`)
    })()
    const { code, stdout, stderr } = await fsck()
    writing = false
    await writer
    assert.equal(code, 0, stdout + stderr)
    assert.equal(stdout.match(/ ok +$/gm)?.length, 3, stdout)
    assert.match(stdout, /3 replicas of 1 regions compared: all are the same/)
  })

  it('one flipped byte: region and node are named, the cluster goes on, and the exit code is 6', async () => {
    const victim = await follower()
    await cluster.child(victim).stop()
    // What was in the store's own log goes into a table when it is opened.
    await cluster.startNode(victim)
    await cluster.child(victim).stop()
    flip(join(cluster.node(victim).data))
    await cluster.startNode(victim)
    const { code, lines: told } = await lines()
    assert.equal(code, 6, JSON.stringify(told))
    const bad = told.filter(({ verdict }) => verdict !== 'ok')
    assert.deepEqual(
      bad.map(({ region, replica, verdict }) => [region, replica, verdict]),
      [['1', cluster.node(victim).name, 'corrupt']],
    )
    assert.match(bad[0]?.text ?? '', /the-victim.*the checksum differs/)
    await client.namespace().put('after', '1')
  })

  it('a node that is away: it is behind, and the exit code says that not all is known', async () => {
    const away = await follower()
    await cluster.kill(away)
    const { code, lines: told } = await lines()
    const { name } = cluster.node(away)
    assert.equal(told.find(({ replica }) => replica === name)?.verdict, 'behind')
    assert.ok(code === 5 || code === 6, `code ${code}`)
  })

  /** One that the command is not given, and that does not lead the region. */
  async function follower(): Promise<number> {
    for (;;) {
      for await (const { leader } of client.admin.regions('default')) {
        const found = [2, 1].find((i) => cluster.node(i).name !== leader)
        if (leader !== '' && found !== undefined) return found
      }
    }
  }
})

/** A byte of the victim's value in its version's row, which is told from the log's by what follows the key. */
function flip(directory: string): void {
  const key = Buffer.concat([Buffer.from(VICTIM.slice(-6)), Uint8Array.of(0, 1)])
  const tables = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  for (const name of tables.filter((each) => each.endsWith('.ldb'))) {
    const file = join(directory, name)
    const table = readFileSync(file)
    for (let at = table.indexOf(key); at !== -1; at = table.indexOf(key, at + 1)) {
      const value = table.indexOf(VALUE, at)
      if (value === -1 || value > at + 100) continue
      table[value + 1000] = (table[value + 1000] as number) ^ 0x10
      writeFileSync(file, table)
      return
    }
  }
  assert.fail(`no table in ${directory} holds the row`)
}
