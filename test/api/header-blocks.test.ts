import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionError } from '../../src/api/frame-door/frames.ts'
import { HeaderReader } from '../../src/api/frame-door/header-reader.ts'
import { headerBlock } from '../../src/api/frame-door/header-writer.ts'

const REQUEST = { ':method': 'GET', ':path': '/', ':authority': 'www.example.com' }

test('the examples of RFC 7541, C.4: Huffman codes, and a table that grows', () => {
  const reader = new HeaderReader()
  const read = (hex: string) => reader.read(Buffer.from(hex, 'hex'))
  const http = { ...REQUEST, ':scheme': 'http' }
  assert.deepEqual(read('828684418cf1e3c2e5f23a6ba0ab90f4ff'), http)
  assert.deepEqual(read('828684be5886a8eb10649cbf'), { ...http, 'cache-control': 'no-cache' })
  assert.deepEqual(read('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'), {
    ':method': 'GET',
    ':scheme': 'https',
    ':path': '/index.html',
    ':authority': 'www.example.com',
    'custom-key': 'custom-value',
  })
})

test('a remembered block is read anew once the table has changed', () => {
  const reader = new HeaderReader()
  reader.read(Buffer.from('400161016e', 'hex'))
  const newest = Buffer.from('be', 'hex')
  assert.deepEqual(reader.read(newest), { a: 'n' })
  assert.equal(reader.read(newest), reader.read(newest))
  reader.read(Buffer.from('4001620179', 'hex'))
  assert.deepEqual(reader.read(newest), { b: 'y' })
})

test('what is written is read, of any length', () => {
  const fields = { ':status': '200', a: '', b: 'x'.repeat(127), c: 'ü'.repeat(5000) }
  assert.deepEqual(new HeaderReader().read(headerBlock(fields)), fields)
})

test('names in upper case and pseudo fields out of place make no fields', () => {
  const read = (fields: Record<string, string>) => new HeaderReader().read(headerBlock(fields))
  assert.equal(read({ Key: 'x' }), undefined)
  assert.equal(read({ a: 'x', ':path': '/' }), undefined)
})

test('a block cut anywhere, and bytes without sense, are refused as such', () => {
  const whole = Buffer.from('828684418cf1e3c2e5f23a6ba0ab90f4ff', 'hex')
  for (let length = 4; length < whole.length; length++) {
    assert.throws(() => new HeaderReader().read(whole.subarray(0, length)), ConnectionError)
  }
  for (const junk of ['80', 'ff8080808080', 'c0', '3fffffff07', '4081ff8161']) {
    assert.throws(() => new HeaderReader().read(Buffer.from(junk, 'hex')), ConnectionError, junk)
  }
})
