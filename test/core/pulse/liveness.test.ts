import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PulseRecord } from '../../../src/core/pulse/liveness.ts'

test('a shard that is expected and never heard falls silent once, after a whole period', () => {
  const record = new PulseRecord(1000)
  record.expect('n2', 1, 500)
  assert.deepEqual(record.look(1500), [])
  assert.deepEqual(record.look(1501), [{ node: 'n2', shard: 1, now: 'silent' }])
  assert.deepEqual(record.look(3000), [])
  assert.ok(record.isSilent('n2', 1))
})

test('a silent shard that beats again is heard', () => {
  const record = new PulseRecord(1000)
  record.beat('n2', 1, 7, 0)
  assert.equal(record.look(2000).length, 1)
  assert.deepEqual(record.beat('n2', 1, 7, 2100), { node: 'n2', shard: 1, now: 'heard' })
  assert.deepEqual(record.look(3000), [])
  assert.ok(!record.isSilent('n2', 1))
})

test('another life is another shard, even without a silence', () => {
  const record = new PulseRecord(1000)
  record.beat('n2', 1, 7, 0)
  assert.deepEqual(record.beat('n2', 1, 8, 100), { node: 'n2', shard: 1, now: 'reborn' })
  assert.equal(record.beat('n2', 1, 8, 200), undefined)
  assert.equal(record.beat('n2', 2, 1, 200), undefined, 'shards are told apart')
})
