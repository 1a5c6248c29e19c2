/** What a config says reaches the actors and the doors. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../src/config/schema.ts'
import { planNode } from '../../src/node/plan.ts'

test('limits go to the groups and to the doors', () => {
  const config = configSchema.parse({
    cluster: { name: 'test', secret: 'a secret of this test', nodes: ['n1'] },
    node: 'n1',
    data: '/nowhere',
    client: { port: 0 },
    http: { port: 0 },
    links: { host: '127.0.0.1', port: 0 },
    raft: { catchUpEntries: 7 },
    limits: { maxWaiting: 11, minFreeBytes: 12, maxRequestBytes: 2000, maxTxnOps: 3 },
  })
  const { tree, door } = planNode({
    config,
    identity: {
      diskVersion: 2,
      clusterId: 'c',
      node: 'n1',
      publicKey: '',
      incarnation: 'first',
      rejoined: false,
    },
    clientPort: 1,
    httpPort: 2,
    clientUrls: {},
    tls: undefined,
    version: '0',
  })
  const { keepEntries, maxWaiting, minFreeBytes, requestTimeoutMs } = tree.limits
  assert.deepEqual([keepEntries, maxWaiting, minFreeBytes, requestTimeoutMs], [7, 11, 12, 7000])
  assert.deepEqual([door.maxRequestBytes, door.maxTxnOps, door.minLeaseSeconds], [2000, 3, 2])
})
