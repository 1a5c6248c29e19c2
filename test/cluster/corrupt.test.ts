/** Bytes that changed on disk while a node was down: it names them at its start, and does not serve. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { TestCluster } from '../support/cluster.ts'

const KEYS = 200
const VALUE_BYTES = 1000

describe('a store in which a byte has changed', () => {
  let cluster: TestCluster
  const values = Array.from({ length: KEYS }, () => randomBytes(VALUE_BYTES))

  before(async () => {
    cluster = await TestCluster.start({ nodes: 1 })
    await cluster.leader()
    const client = connect({ endpoints: cluster.endpoints })
    for (const [i, value] of values.entries()) await client.kv.put(`key/${i}`, value)
    client.close()
    await cluster.child(0).stop()
    copy(cluster.node(0).data, join(cluster.directory, 'as-written'))
  })
  after(() => cluster?.stop())

  it('serves as long as no byte has', async () => {
    await cluster.startNode(0)
    await cluster.leader()
    await cluster.child(0).stop()
    // The start made tables of LevelDB's own log.
    assert.ok(files(cluster, '.ldb').length > 0)
    copy(cluster.node(0).data, join(cluster.directory, 'as-tables'))
  })

  for (const at of [0, KEYS / 2, KEYS - 1]) {
    it(`names the record, be it the ${at + 1}. of ${KEYS}`, async () => {
      copy(join(cluster.directory, 'as-tables'), cluster.node(0).data)
      flip(cluster, values[at] as Buffer)
      assert.match(await lastWord(cluster), /corrupt record under gchainfire\S+.*--rejoin/)
    })
  }

  it('names what LevelDB would have dropped from its own log without a word', async () => {
    copy(join(cluster.directory, 'as-written'), cluster.node(0).data)
    flip(cluster, values[KEYS / 2] as Buffer)
    assert.match(await lastWord(cluster), /000003\.log has a damaged record.*--rejoin/)
  })
})

/** The one line with which a node that starts ends. */
async function lastWord(cluster: TestCluster): Promise<string> {
  const child = cluster.launch(0)
  const { code } = await child.exit
  assert.notEqual(code, 0)
  const last = child.lines.filter((line) => /"fatal":true|^plasma: /.test(line))
  assert.equal(last.length, 1, child.output)
  return last[0] as string
}

function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
}

function files(cluster: TestCluster, end: string): string[] {
  const store = join(cluster.node(0).data, 'store')
  return readdirSync(store)
    .filter((name) => name.endsWith(end))
    .map((name) => join(store, name))
}

/** Changes one bit in the middle of every place where the bytes lie. */
function flip(cluster: TestCluster, bytes: Buffer): void {
  let flipped = 0
  for (const file of [...files(cluster, '.ldb'), ...files(cluster, '.log')]) {
    const content = readFileSync(file)
    for (let at = content.indexOf(bytes); at !== -1; at = content.indexOf(bytes, at + 1)) {
      content.writeUInt8(content.readUInt8(at + VALUE_BYTES / 2) ^ 1, at + VALUE_BYTES / 2)
      flipped++
    }
    writeFileSync(file, content)
  }
  assert.ok(flipped > 0, 'the bytes are on disk')
}
