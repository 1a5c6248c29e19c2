/** The HTTP pages as probes, dashboards and tools see them (etcd 3.6's /health, /livez, /readyz, /version, /metrics). */

import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Chainfire, GroupStatus } from '../../src/actors/chainfire.ts'
import type { Faults } from '../../src/admin/faults-page.ts'
import { HELP, type NodeFigures, readingsOf } from '../../src/admin/figures.ts'
import { MetricText } from '../../src/admin/metric-text.ts'
import { type AdminPagesParts, adminPages } from '../../src/admin/pages.ts'
import { Listener } from '../../src/api/listener.ts'
import { MeterBook } from '../../src/base/meter-book.ts'
import { SILENT } from '../../src/base/ports/log.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { letTimePass } from '../support/passing-time.ts'
import { type RunningInline, runInline } from '../support/running-inline.ts'

const VERSIONS = { etcdserver: '3.6.5', etcdcluster: '3.6.0', storage: '3.6.0' }

async function figures(chainfire: Chainfire, book: MeterBook): Promise<NodeFigures> {
  const status: GroupStatus = await chainfire.status()
  return {
    node: 'n1',
    etcdVersion: '3.6.5',
    clusterVersion: '3.6.0',
    memberId: 0xabcn,
    chainfire: status,
    allocatedBytes: 1000,
    inUseBytes: 500,
    quotaBytes: 0,
    shards: [
      {
        shard: 1,
        turns: 7,
        inputs: 9,
        batches: 3,
        actors: 4,
        failedActors: 0,
        deepestMailbox: 2,
        connections: 1,
      },
    ],
    links: [{ name: 'n2', connected: true, sentBytes: 11, receivedBytes: 12, droppedFrames: 1 }],
    meters: book.read(),
  }
}

function openPages(
  chainfire: Chainfire,
  book: MeterBook,
  more: Partial<AdminPagesParts> = {},
): Promise<Listener> {
  const metrics = new MetricText(async () => readingsOf(await figures(chainfire, book)), HELP)
  const pages = adminPages({
    chainfire,
    versions: VERSIONS,
    meter: book,
    metrics: () => metrics.render(),
    log: SILENT,
    reports: { '/status': async () => ({ node: 'n1', id: 7n }) },
    ...more,
  })
  return Listener.open({ host: '127.0.0.1', port: 0, reusePort: false, tls: undefined, pages })
}

describe('the pages of a healthy node', () => {
  const book = new MeterBook()
  let node: RunningInline
  let server: Listener
  before(async () => {
    node = await runInline()
    server = await openPages(node.chainfire, book)
  })
  after(async () => {
    await server.close(0)
    await node.close()
  })
  const get = async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
    return [response.status, await response.text()]
  }

  it('/health says so with a string, and counts', async () => {
    assert.deepEqual(await get('/health'), [200, '{"health":"true","reason":""}'])
    assert.deepEqual(await get('/health?serializable=true'), [200, '{"health":"true","reason":""}'])
    assert.ok(book.read().counters.some(([name, n]) => name.endsWith('health_success') && n >= 2))
  })

  it('only GET is allowed', async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/health`, { method: 'POST' })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'GET')
    assert.equal(await response.text(), 'Method Not Allowed\n')
  })

  it('/livez and /readyz: short, verbose, single, excluded', async () => {
    assert.deepEqual(await get('/livez'), [200, 'ok\n'])
    assert.deepEqual(await get('/livez?verbose'), [200, '[+]serializable_read ok\nok\n'])
    assert.deepEqual(await get('/livez/serializable_read?verbose'), [
      200,
      '[+]serializable_read ok\nok\n',
    ])
    assert.deepEqual(await get('/readyz?verbose'), [
      200,
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n',
    ])
    const some = '/readyz?verbose&exclude=data_corruption&exclude=linearizable_read&exclude=nothing'
    assert.deepEqual(await get(some), [200, '[+]serializable_read ok\n[+]non_learner ok\nok\n'])
    assert.deepEqual(await get('/ready'), [200, 'ok\n'])
    assert.deepEqual(await get('/readyz/nothing'), [404, '404 page not found\n'])
  })

  it('/version names server, cluster and storage', async () => {
    assert.deepEqual(await get('/version'), [
      200,
      '{"etcdserver":"3.6.5","etcdcluster":"3.6.0","storage":"3.6.0"}',
    ])
  })

  it('/metrics has etcd’s names, our own, and the process’s', async () => {
    book.count('grpc_server_started_total{grpc_service="etcdserverpb.KV",grpc_method="Put"}', 3)
    book.observe('plasma_turn_seconds', 0.003)
    book.observe('plasma_batch_seconds', 0.003)
    book.count('plasma_leader_changes_total{group="chainfire"}', 2)
    book.count('plasma_leader_changes_total{group="g1"}', 5)
    const [status, body] = await get('/metrics')
    assert.equal(status, 200)
    const lines = new Set(body.split('\n'))
    for (const line of [
      '# TYPE etcd_server_has_leader gauge',
      'etcd_server_has_leader 1',
      'etcd_server_is_leader 1',
      'etcd_server_version{server_version="3.6.5"} 1',
      'etcd_network_peer_sent_bytes_total{To="n2"} 11',
      '# TYPE grpc_server_started_total counter',
      'grpc_server_started_total{grpc_service="etcdserverpb.KV",grpc_method="Put"} 3',
      'plasma_shard_turns_total{shard="1"} 7',
      '# TYPE plasma_turn_seconds histogram',
      'plasma_turn_seconds_bucket{le="0.002"} 0',
      'plasma_turn_seconds_bucket{le="0.004"} 1',
      'plasma_turn_seconds_bucket{le="+Inf"} 1',
      'plasma_turn_seconds_count 1',
      '# TYPE etcd_disk_wal_fsync_duration_seconds histogram',
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 1',
      '# TYPE etcd_server_leader_changes_seen_total counter',
      'etcd_server_leader_changes_seen_total 2',
    ]) {
      assert.ok(lines.has(line), `no line "${line}" in\n${body}`)
    }
    assert.match(body, /^process_cpu_seconds_total /m)
  })

  it('reports are JSON, ids as text', async () => {
    assert.deepEqual(await get('/status'), [200, '{"node":"n1","id":"7"}\n'])
  })

  it('there are no fault pages where faults are not allowed', async () => {
    const [status] = await get('/debug/faults/crash-shard', { method: 'POST' })
    assert.equal(status, 404)
  })
})

describe('the pages of a node without a leader', () => {
  it('unready and unhealthy, but alive, and said why', async (context: TestContext) => {
    const cluster = new InlineCluster({ nodes: 3 })
    const last = await cluster.leader()
    for (const name of cluster.names) if (name !== last) cluster.crash(name)
    while ((await cluster.status(last)).leader !== undefined) await cluster.world.advance(100)
    const time = letTimePass(cluster)
    const server = await openPages(cluster.face(last), new MeterBook())
    context.after(async () => {
      await server.close(0)
      await time.stop()
    })
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
      return [response.status, await response.text()]
    }
    const health = await get('/health')
    assert.deepEqual(health, [503, '{"health":"false","reason":"RAFT NO LEADER"}\n'])
    assert.deepEqual(await get('/livez'), [200, 'ok\n'])
    const [status, body] = await get('/readyz')
    assert.equal(status, 503)
    assert.match(
      body,
      /^\[\+\]data_corruption ok\n\[\+\]serializable_read ok\n\[-\]linearizable_read failed: etcdserver: .+\n/,
    )
  })
})

describe('fault pages', () => {
  it('pass wishes on, and name what is wrong with one', async () => {
    const done: unknown[] = []
    const note =
      (name: string) =>
      async (...args: unknown[]): Promise<void> => {
        done.push([name, ...args])
      }
    const faults: Faults = {
      crashShard: note('crash'),
      throwInActor: note('throw'),
      blockLink: note('block'),
      stallDisk: note('stall'),
      fillDisk: note('fill'),
    }
    const node = await runInline()
    const server = await openPages(node.chainfire, new MeterBook(), { faults })
    const post = async (path: string, wish: unknown): Promise<[number, string]> => {
      const response = await fetch(`http://127.0.0.1:${server.port}/debug/faults/${path}`, {
        method: 'POST',
        body: JSON.stringify(wish),
      })
      return [response.status, await response.text()]
    }
    assert.deepEqual(await post('crash-shard', { shard: 2 }), [200, '{"done":"crash-shard"}\n'])
    await post('throw-in-actor', { kind: 'raft-group', key: 'chainfire' })
    await post('block-link', { peer: 'n2' })
    await post('block-link', { peer: 'n2', blocked: false })
    assert.deepEqual(await post('crash-shard', {}), [
      400,
      '"shard" must be a number of at least 0\n',
    ])
    assert.equal((await post('melt', {}))[0], 404)
    assert.deepEqual(done, [
      ['crash', 2],
      ['throw', 'raft-group', 'chainfire'],
      ['block', 'n2', true],
      ['block', 'n2', false],
    ])
    await server.close(0)
    await node.close()
  })
})
