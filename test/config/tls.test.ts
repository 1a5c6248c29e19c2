/** `tls`: the files that it names are there, fit together, and are meant as etcd would mean them. */

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import type { NodeConfig } from '../../src/config/schema.ts'
import { readTlsFiles } from '../../src/config/tls-files.ts'
import { TestCertificates } from '../support/certificates.ts'

const BASE = `cluster: { name: demo, secret: a secret of the test, nodes: [n1] }
node: n1
data: ./data
client: { port: 2379 }
http: { port: 8081 }
links: { host: 127.0.0.1, port: 24791 }
tls:
`

describe('tls in a config', () => {
  let certificates: TestCertificates
  before(async () => {
    certificates = await TestCertificates.make()
    const { cert, key } = await certificates.server()
    certificates.file('n1.crt', cert)
    certificates.file('n1.key', key)
    certificates.file('other.key', (await certificates.server()).key)
    certificates.file('ca.crt', certificates.ca)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sealed = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
    certificates.file('sealed.key', privateKey.export(sealed) as string)
    certificates.file('notes.txt', 'nothing of the kind')
  })
  after(() => certificates.remove())

  const load = (...lines: readonly string[]): NodeConfig => {
    const file = certificates.file('n1.yaml', BASE + lines.map((line) => `  ${line}\n`).join(''))
    return loadConfig({ file, environment: {}, sets: [] })
  }
  const problem = (...lines: readonly string[]): string => {
    try {
      load(...lines)
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error))
      return error.message.replaceAll(`${certificates.directory}/`, '')
    }
    assert.fail('the config was accepted')
  }

  it('finds its files beside the config', () => {
    const { tls } = load('cert: n1.crt', 'key: ./n1.key')
    assert.ok(tls)
    const { files, problems } = readTlsFiles(tls)
    assert.deepEqual(problems, [])
    assert.match(files.cert, /BEGIN CERTIFICATE/)
    assert.match(files.key, /BEGIN PRIVATE KEY/)
  })

  it('asks clients for certificates where a ca is named, unless told otherwise', () => {
    const auth = (...lines: readonly string[]) => {
      const { tls } = load('cert: n1.crt', 'key: n1.key', ...lines)
      return tls && readTlsFiles(tls).files.clientAuth
    }
    assert.equal(auth(), 'none')
    assert.equal(auth('ca: ca.crt'), 'required')
    assert.equal(auth('ca: ca.crt', 'clientAuth: optional'), 'optional')
    assert.equal(auth('ca: ca.crt', 'clientAuth: none'), 'none')
  })

  const wrong: readonly [name: string, lines: readonly string[], expected: string][] = [
    [
      'no such file',
      ['cert: gone.crt', 'key: n1.key'],
      'n1.yaml:8: tls.cert: there is no file gone.crt; mend the path, or make certificates with `plasma init --tls`',
    ],
    [
      'a file that cannot be read',
      ['cert: n1.crt', 'key: .'],
      `n1.yaml:9: tls.key: DIRECTORY cannot be read (EISDIR); check who may read it`,
    ],
    [
      'no certificate in the file',
      ['cert: notes.txt', 'key: n1.key'],
      'n1.yaml:8: tls.cert: notes.txt holds no certificate in PEM; name the file that does',
    ],
    [
      'no key in the file',
      ['cert: n1.crt', 'key: n1.crt'],
      'n1.yaml:9: tls.key: n1.crt holds no private key in PEM; name the file that does',
    ],
    [
      'a key with a passphrase',
      ['cert: n1.crt', 'key: sealed.key'],
      'n1.yaml:9: tls.key: sealed.key is encrypted; give a key without a passphrase',
    ],
    [
      'a key of another certificate',
      ['cert: n1.crt', 'key: other.key'],
      'n1.yaml:9: tls.key: other.key is not the key of the certificate in n1.crt; name the two that were made together',
    ],
    [
      'no certificate of an authority',
      ['cert: n1.crt', 'key: n1.key', 'ca: n1.key'],
      'n1.yaml:10: tls.ca: n1.key holds no certificate in PEM; name the file that does',
    ],
    [
      'clients asked for what nobody may sign',
      ['cert: n1.crt', 'key: n1.key', 'clientAuth: required'],
      'n1.yaml:10: tls.clientAuth: is required, but tls.ca does not say who signs the certificates of clients; add tls.ca, or make it none',
    ],
    [
      'a word that clientAuth does not have',
      ['cert: n1.crt', 'key: n1.key', 'clientAuth: always'],
      'n1.yaml:10: tls.clientAuth: must be none, optional or required, not "always"',
    ],
    ['a key alone', ['key: n1.key'], 'n1.yaml:7: tls.cert: is missing; add it'],
  ]
  for (const [name, lines, expected] of wrong) {
    it(`refuses ${name}, with line and fix`, () => {
      assert.equal(problem(...lines).replace(certificates.directory, 'DIRECTORY'), expected)
    })
  }
})
