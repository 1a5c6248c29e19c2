import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CorruptRecord, formatKey, openRecord, sealRecord } from '../../src/storage/record.ts'

const key = new TextEncoder().encode('g/1')
const payload = Uint8Array.of(1, 2, 3, 4, 5)

describe('checksummed records', () => {
  it('gives back what was sealed, also when empty', () => {
    assert.deepEqual(openRecord(key, sealRecord(key, payload)), payload)
    assert.deepEqual(openRecord(key, sealRecord(key, new Uint8Array(0))), new Uint8Array(0))
  })

  it('finds every flipped bit, and names the key', () => {
    const sealed = sealRecord(key, payload)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const rotten = sealed.slice()
      rotten[bit >> 3]! ^= 1 << (bit & 7)
      assert.throws(
        () => openRecord(key, rotten),
        (error: unknown) => error instanceof CorruptRecord && error.message.includes('g/1'),
      )
    }
  })

  it('finds every torn end', () => {
    const sealed = sealRecord(key, payload)
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => openRecord(key, sealed.subarray(0, length)), CorruptRecord)
    }
  })

  it('finds a record that lies under another key', () => {
    assert.throws(
      () => openRecord(new TextEncoder().encode('g/2'), sealRecord(key, payload)),
      CorruptRecord,
    )
  })

  it('has not changed its layout', () => {
    assert.equal(Buffer.from(sealRecord(key, payload)).toString('hex'), '01c8f6855f0102030405')
  })

  it('shows keys readably', () => {
    assert.equal(formatKey(Uint8Array.of(0x67, 0, 0x5c, 0xff)), 'g\\00\\5c\\ff')
  })
})
