/** A config is right, or each thing wrong with it is named with its line and its fix. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { ETCD_LIMITS } from '../../src/api/limits.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { configJsonSchema, type NodeConfig } from '../../src/config/schema.ts'
import type { Environment } from '../../src/config/sources.ts'

const GOOD = `cluster:
  name: demo
  secret: $TEST_SECRET
  nodes: [n1, n2]
node: n1
data: ./data/n1
client: { port: 2379 }
http: { host: 127.0.0.1, port: 8081 }
links:
  host: 127.0.0.1
  port: 24791
  bootstrap: ["127.0.0.1:24791"]
`

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'plasma-config-'))
})
after(() => rmSync(directory, { recursive: true }))

const SECRET: Environment = { TEST_SECRET: 'a secret of the test' }

function load(text: string, environment = SECRET, sets: readonly string[] = []): NodeConfig {
  writeFileSync(join(directory, 'n1.yaml'), text)
  return loadConfig({ file: join(directory, 'n1.yaml'), environment, sets })
}

/** The message without the directory. */
function problem(text: string, environment = SECRET, sets: readonly string[] = []): string {
  try {
    load(text, environment, sets)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.replaceAll(`${directory}/`, '')
  }
  assert.fail('the config was accepted')
}

describe('a good config', () => {
  it('gets defaults, variables, and data beside its file', () => {
    const config = load(GOOD)
    assert.equal(config.cluster.secret, 'a secret of the test')
    assert.equal(config.data, join(directory, 'data/n1'))
    assert.deepEqual(config.client, { host: '127.0.0.1', port: 2379 })
    assert.deepEqual([config.shards, config.raft.tickMs, config.unsafe.noSync], [2, 100, false])
  })
  it('gets limits as the groups and the doors have them', () => {
    const { limits, raft } = load(GOOD)
    const known: Readonly<Record<string, number>> = { ...ETCD_LIMITS, ...GROUP_LIMITS }
    for (const [name, value] of Object.entries(limits)) assert.equal(value, known[name], name)
    assert.deepEqual(
      [raft.tickMs, raft.electionTicks, raft.snapshotCount, raft.catchUpEntries],
      [known.tickMs, known.electionTicks, known.compactEntries, known.keepEntries],
    )
  })
  it('file over default, environment over file, --set over environment', () => {
    const text = `${GOOD}shards: 1\n`
    assert.equal(load(text).shards, 1)
    const environment = { ...SECRET, PLASMA_SHARDS: '3', PLASMA_RAFT_TICK_MS: '50' }
    assert.equal(load(text, environment).shards, 3)
    assert.equal(load(text, environment).raft.tickMs, 50)
    assert.equal(load(text, environment, ['shards=0']).shards, 0)
  })
  it('takes a default inside the file for a variable', () => {
    const text = GOOD.replace('$TEST_SECRET', `$\{TEST_SECRET:-the default secret}`)
    assert.equal(load(text, {}).cluster.secret, 'the default secret')
    assert.equal(load(text).cluster.secret, 'a secret of the test')
  })
  it('takes a list of secrets: current, next', () => {
    const text = GOOD.replace('$TEST_SECRET', '[secret-one, secret-two]')
    assert.deepEqual(load(text).cluster.secret, ['secret-one', 'secret-two'])
  })
})

describe('a wrong config names line and fix', () => {
  const cases: readonly [name: string, text: string, expected: string][] = [
    [
      'a mistyped key',
      `${GOOD}shrads: 3\n`,
      'n1.yaml:13: shrads: there is no such key; did you mean shards?',
    ],
    [
      'a mistyped key inside',
      GOOD.replace('{ port: 2379 }', '{ prot: 1, port: 2379 }'),
      'n1.yaml:7: client.prot: there is no such key; did you mean port?',
    ],
    [
      'a text for a number',
      GOOD.replace('2379', 'high'),
      'n1.yaml:7: client.port: must be a whole number from 0 to 65535, not "high"',
    ],
    ['a missing key', GOOD.replace('node: n1\n', ''), 'n1.yaml:1: node: is missing; add it'],
    [
      'a missing section',
      GOOD.replace(/^http.*\n/m, ''),
      'n1.yaml:1: http: is missing; give it host, port',
    ],
    [
      'a value for a section',
      GOOD.replace(/^http.*/m, 'http: 8081'),
      'n1.yaml:8: http: must hold keys; give it host, port',
    ],
    [
      'a stranger',
      GOOD.replace('node: n1', 'node: n9').concat('flare: { enabled: false }\n'),
      'n1.yaml:5: node: n9 is not among cluster.nodes; use one of n1, n2',
    ],
    [
      'a port used twice',
      GOOD.replace('8081', '2379'),
      'n1.yaml:8: http.port: port 2379 is used twice in this file; give client, http and links ports of their own',
    ],
    [
      'bulk before clients',
      GOOD.concat('limits: { bulkLevelZeroFiles: 12 }\n'),
      'n1.yaml:13: limits.bulkLevelZeroFiles: is above limits.clientLevelZeroFiles: bulk would go before clients; lower it, or raise that',
    ],
    [
      'faults in the open',
      GOOD.replace('port: 2379', 'host: 0.0.0.0, port: 2379').concat('debug: { faults: true }\n'),
      'n1.yaml:13: debug.faults: is refused while a listener is open to other machines; listen on 127.0.0.1, or turn it off',
    ],
    [
      'a short secret, unseen',
      GOOD.replace('$TEST_SECRET', 'hunter2'),
      'n1.yaml:3: cluster.secret: must have at least 8 characters',
    ],
    ['broken YAML', 'node: [n1\n', 'n1.yaml:2: not valid YAML:'],
    ['an empty file', '', 'n1.yaml:1: cluster: is missing'],
    [
      'a variable that is not set',
      GOOD.replace('TEST_SECRET', 'NOT_SET'),
      `n1.yaml:3: the environment variable NOT_SET is not set; set it, or write $\{NOT_SET:-default}`,
    ],
  ]
  for (const [name, text, expected] of cases) {
    it(name, () => assert.equal(problem(text).split('\n')[0]?.slice(0, expected.length), expected))
  }

  it('several at once, a line each', () => {
    const text = GOOD.replace('2379', 'high').replace('8081', '-1')
    assert.equal(problem(text).split('\n').length, 2)
  })
  it('the place of an override rather than a line', () => {
    assert.match(problem(GOOD, SECRET, ['shards=many']), /^--set shards: shards: must be a whole/)
    assert.match(
      problem(GOOD, SECRET, ['shards']),
      /^--set shards: has no value; write shards=VALUE/,
    )
    assert.match(problem(GOOD, SECRET, ['shard=1']), /^--set shard: .*did you mean shards\?/)
    const environment = { ...SECRET, PLASMA_CLIENT_PORT: 'x' }
    assert.match(problem(GOOD, environment), /^environment PLASMA_CLIENT_PORT: client\.port: must/)
  })
  it('a file that is not there', () => {
    const file = join(directory, 'none.yaml')
    assert.throws(() => loadConfig({ file, environment: {}, sets: [] }), /there is no such file/)
  })
})

it('the JSON Schema describes the keys for editors', () => {
  const schema = JSON.stringify(configJsonSchema())
  assert.match(schema, /"additionalProperties":false/)
  assert.match(schema, /Worker threads that carry actors/)
})
