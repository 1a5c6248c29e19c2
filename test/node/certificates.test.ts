/** A node's certificates: what is refused at the start, what is told of their dates, what is taken up later. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { TlsIdentity } from '../../src/api/tls.ts'
import type { Log } from '../../src/base/ports/log.ts'
import { Certificates, readIdentity } from '../../src/node/certificates.ts'
import { NodeRefused } from '../../src/node/refused.ts'
import { TestCertificates } from '../support/certificates.ts'

describe('the certificates of a node', () => {
  let made: TestCertificates
  let tls: { cert: string; key: string }

  const write = async (days: number): Promise<void> => {
    const { cert, key } = await made.server(days)
    tls = { cert: made.file('n1.crt', cert), key: made.file('n1.key', key) }
  }
  /** A book of what they log, and of what they were renewed to. */
  const watch = (t: { after(done: () => void): void }) => {
    const lines: string[] = []
    const renewed: TlsIdentity[] = []
    const note = (fields: object, text: string): void => {
      lines.push('until' in fields ? `${text}; until ${fields.until}` : text)
    }
    const log: Log = { debug: note, info: note, warn: note, error: note }
    const current = { identity: readIdentity(tls) }
    const certificates = new Certificates({
      tls,
      current,
      log,
      renewed: (identity) => renewed.push(identity),
    })
    t.after(() => certificates.close())
    return { certificates, current, lines, renewed }
  }

  before(async () => {
    made = await TestCertificates.make()
  })
  after(() => made.remove())

  it('warns of one that has expired, and of one that soon will', async (t) => {
    await write(-0.01)
    assert.match(watch(t).lines.join(), /^the certificate has expired.*; until \d{4}-/)
    await write(29)
    assert.match(watch(t).lines.join(), /^the certificate expires soon; until \d{4}-/)
    await write(31)
    assert.deepEqual(watch(t).lines, [])
  })

  it('are taken up when the files hold others, and told once', async (t) => {
    await write(100)
    const { certificates, current, renewed } = watch(t)
    certificates.look()
    assert.deepEqual(renewed, [])
    await write(100)
    certificates.look()
    certificates.look()
    assert.deepEqual(renewed, [readIdentity(tls)])
    assert.equal(current.identity, renewed[0])
  })

  it('stay while the files are broken, which is told once', async (t) => {
    await write(100)
    const { certificates, lines, renewed } = watch(t)
    writeFileSync(tls.key, 'torn')
    certificates.look()
    certificates.look()
    assert.equal(lines.length, 1)
    assert.match(
      lines[0] as string,
      /^the old certificates stay: tls\.key: .* holds no private key/,
    )
    await write(100)
    certificates.look()
    assert.equal(renewed.length, 1)
  })

  it('are looked at by themselves', async (t) => {
    await write(100)
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { renewed } = watch(t)
    await write(100)
    t.mock.timers.tick(10_000)
    assert.equal(renewed.length, 1)
  })

  it('are refused in a sentence when they are not there', () => {
    assert.throws(
      () => readIdentity({ cert: '/none.crt', key: tls.key }),
      (error) => {
        assert.ok(error instanceof NodeRefused)
        assert.match(error.message, /^tls\.cert: there is no file \/none\.crt; mend the path/)
        return true
      },
    )
  })
})
