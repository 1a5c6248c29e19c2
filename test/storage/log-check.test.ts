/** Damage in LevelDB's own log is found before LevelDB drops it. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openLevelStore } from '../../src/storage/level/level-store.ts'
import { findLogDamage, maskedCrc32c } from '../../src/storage/level/log-check.ts'

const BATCHES = 60
/** Records of many lengths, some over several blocks of 32 KiB. */
const values = Array.from({ length: BATCHES }, (_, i) => randomBytes(100 + i * i * 25))

describe('the log of LevelDB', () => {
  let directory: string
  let file: string
  let intact: Buffer

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'plasma-log-'))
    const store = await openLevelStore({ directory, sync: true })
    for (const [i, value] of values.entries()) {
      await new Promise<void>((resolve, reject) =>
        store.commit([{ type: 'put', key: Uint8Array.of(i), value }], (error) =>
          error ? reject(error) : resolve(),
        ),
      )
    }
    await store.close()
    const [log] = readdirSync(directory).filter((name) => name.endsWith('.log'))
    file = join(directory, log as string)
    intact = readFileSync(file)
  })
  beforeEach(() => writeFileSync(file, intact))
  after(() => rmSync(directory, { recursive: true }))

  const damage = (batch: number): void => {
    const bytes = Buffer.from(intact)
    // Fragments of a long value stand apart: its first bytes are in one piece.
    const at = bytes.indexOf((values[batch] as Buffer).subarray(0, 40))
    assert.ok(at > 0)
    bytes.writeUInt8(bytes.readUInt8(at + 20) ^ 1, at + 20)
    writeFileSync(file, bytes)
  }

  it('has the checksum of its format', () => {
    // RFC 3720, appendix B.4: CRC-32C of 32 zero bytes is 0x8a9136aa; masked as LevelDB does.
    const expected = (((0x8a9136aa >>> 15) | (0x8a9136aa << 17)) + 0xa282ead8) >>> 0
    assert.equal(maskedCrc32c(new Uint8Array(32)), expected)
  })

  it('is whole as it was written', () => assert.equal(findLogDamage(directory), undefined))

  it('is whole wherever the process that wrote it died', () => {
    for (let end = intact.length - 3000; end < intact.length; end += 97) {
      writeFileSync(file, intact.subarray(0, end))
      assert.equal(findLogDamage(directory), undefined, `cut at ${end}`)
    }
  })

  it('has lost what was acknowledged if a later batch is whole', () => {
    for (const batch of [0, 1, 30, BATCHES - 3, BATCHES - 2]) {
      damage(batch)
      const found = findLogDamage(directory)
      assert.ok(found?.acknowledged, `batch ${batch}`)
      assert.ok(file.endsWith(found.file))
    }
  })

  it('may have a torn last batch', () => {
    damage(BATCHES - 1)
    assert.equal(findLogDamage(directory)?.acknowledged, false)
  })

  it('has lost what was acknowledged if a newer log was begun behind it', () => {
    damage(BATCHES - 1)
    const newer = join(directory, '999999.log')
    writeFileSync(newer, '')
    assert.equal(findLogDamage(directory)?.acknowledged, true)
    rmSync(newer)
  })
})
