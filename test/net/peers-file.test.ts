/** Remembered peers on disk: docs/links.md 1.4. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import { rememberPeersIn } from '../../src/net/swarm/peers-file.ts'

const PEER = { name: 'n2' as NodeName, publicKey: 'a'.repeat(64), host: '127.0.0.1', port: 1 }

describe('remembered peers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plasma-peers-'))
  after(() => rmSync(folder, { recursive: true }))

  it('are those of the last save', () => {
    const path = join(folder, 'peers.json')
    assert.deepEqual(rememberPeersIn(path).known, [])
    rememberPeersIn(path).save([PEER])
    assert.deepEqual(rememberPeersIn(path).known, [PEER])
    assert.deepEqual(readdirSync(folder), ['peers.json'])
  })

  it('are members: who is none any more is dropped from the file', () => {
    const path = join(folder, 'removed.json')
    rememberPeersIn(path).save([PEER, { ...PEER, name: 'n3' as NodeName }])
    const { known } = rememberPeersIn(path, (name) => name !== 'n3')
    assert.deepEqual(known, [PEER])
    assert.deepEqual(rememberPeersIn(path).known, [PEER])
  })

  for (const [what, content] of [
    ['torn', '[{"name":"n2"'],
    ['something else', '{"name":"n2"}'],
    ['not peers', '[null,{"name":1},{"name":"n2","publicKey":"zz","host":"h","port":1}]'],
  ] as const) {
    it(`are none when the file is ${what}`, () => {
      const path = join(folder, 'other.json')
      writeFileSync(path, content)
      assert.deepEqual(rememberPeersIn(path).known, [])
    })
  }
})
