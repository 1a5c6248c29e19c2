/** The FlareDB client against a real door over scripted regions. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connect,
  type FlareClient,
  FlareError,
  NamespaceMode,
  textOf,
  Undetermined,
  VersionMismatch,
} from '../../src/client/flare/index.ts'
import type { SessionMark } from '../../src/core/region/types.ts'
import type { RegionWrite } from '../../src/wire/messages/region.ts'
import { type FlareDoor, openFlareDoor, openHangingDoor } from '../support/flare-door.ts'

describe('the FlareDB client', { timeout: 30_000 }, () => {
  let door: FlareDoor
  let db: FlareClient
  before(async () => {
    door = await openFlareDoor('g', 'p')
    db = connect({ endpoints: [door.endpoint] })
  })
  after(async () => {
    db.close()
    await door.close()
  })

  it('gets what it put, at the version it was told', async () => {
    const ns = db.namespace()
    const version = await ns.put('a', 'one')
    const row = await ns.get('a')
    assert.deepEqual([row && textOf(row.value), row?.version], ['one', version])
    await ns.delete('a')
    assert.equal(await ns.get('a'), undefined)
    await ns.put('x', '1')
    await ns.put('b', '2')
    const rows = await ns.getMany(['x', 'none', 'b'])
    assert.deepEqual(
      rows.map(({ key }) => textOf(key)),
      ['x', 'b'],
    )
  })

  it('compares and swaps; a mismatch tells the version', async () => {
    const ns = db.namespace()
    const made = await ns.cas('c', '1', 0n)
    const swapped = await ns.cas('c', '2', made)
    await assert.rejects(ns.cas('c', '3', made), (error: unknown) => {
      assert.ok(error instanceof VersionMismatch)
      assert.equal(error.current, swapped)
      return true
    })
    await assert.rejects(ns.casDelete('c', made), VersionMismatch)
    await ns.casDelete('c', swapped)
    assert.equal(await ns.get('c'), undefined)
  })

  it('scans page after page over regions, both ways, and ends early', async () => {
    const ns = db.namespace()
    const names = [...'defghijklmnopqrs'].map((letter) => `scan-${letter}`)
    // Of all regions: the prefix is put behind the letter.
    for (const name of [...'defghijklmnopqrs']) await ns.put(`${name}-scan`, name)
    for (const reverse of [false, true]) {
      const seen: string[] = []
      for await (const row of ns.scan({ from: 'd', to: 's-z', limit: 3, reverse })) {
        seen.push(textOf(row.value))
      }
      const letters = names.map((name) => name.slice(-1))
      assert.deepEqual(seen, reverse ? letters.reverse() : letters)
    }
    let first: string | undefined
    for await (const row of ns.scan({ from: 'd' })) {
      first = textOf(row.value)
      break
    }
    assert.equal(first, 'd')
    const page = await ns.page({ from: 'd', to: 's-z', limit: 2 })
    const next = await ns.page(page.next)
    assert.deepEqual(
      next.rows.map(({ value }) => textOf(value)),
      ['f', 'g'],
    )
    assert.equal(await ns.deleteRange({ from: 'd', to: 's-z' }), names.length)
  })

  it('a batch tells of every part; a mismatch stops its region alone', async () => {
    const ns = db.namespace()
    await ns.put('h', 'old')
    const parts = await ns.batch([
      { op: 'put', key: 'b1', value: '1' },
      { op: 'put', key: 'h', value: 'new', expect: 0n },
      { op: 'delete', key: 'b2' },
    ])
    assert.deepEqual(
      parts.map(({ ops, error }) => [ops, error?.name]),
      [
        [[0, 2], undefined],
        [[1], 'VersionMismatch'],
      ],
    )
  })

  it('a lost answer: with a session the write goes again under its mark, without it is undetermined', async () => {
    const marks: unknown[] = []
    let lost = 0
    door.cluster.meddle = (to, message) => {
      if (to.kind !== 'region' || message.kind !== 'region.write') return undefined
      const { command } = message as RegionWrite
      marks.push(command.op === 'write' ? command.session : 'other')
      return lost++ === 0 ? 'done-silent' : undefined
    }
    await db.namespace().put('lost', '1')
    assert.ok(marks.length >= 2 && marks[0] !== undefined)
    for (const mark of marks) assert.deepEqual(mark, marks[0])

    lost = 0
    marks.length = 0
    const plain = connect({ endpoints: [door.endpoint], sessions: false })
    await assert.rejects(plain.namespace().put('lost', '2'), Undetermined)
    assert.deepEqual(marks, [undefined])
    plain.close()
    door.cluster.meddle = () => undefined
  })

  it('many writes at a time bear marks of few sessions, none twice', async () => {
    const marks = new Set<string>()
    const seen = new Set<bigint>()
    const first: SessionMark[] = []
    door.cluster.meddle = (to, message) => {
      if (to.kind !== 'region' || message.kind !== 'region.write') return undefined
      const { command } = message as RegionWrite
      const mark = command.op === 'write' ? command.session : undefined
      assert.ok(mark !== undefined)
      assert.ok(mark.sequence - mark.answeredBelow < 128)
      marks.add(`${mark.session} ${mark.sequence}`)
      if (first.length < 90) first.push(mark)
      seen.add(mark.session)
      return undefined
    }
    const ns = db.namespace()
    await Promise.all(Array.from({ length: 300 }, (_, i) => ns.put(`many-${i}`, 'x')))
    assert.equal(marks.size, 300)
    // All of these left before any was answered.
    const lowest = Math.min(...first.map(({ sequence }) => sequence))
    assert.deepEqual([...new Set(first.map(({ answeredBelow }) => answeredBelow))], [lowest])
    assert.ok(seen.size <= 5, `${seen.size} sessions`)
    door.cluster.meddle = () => undefined
  })

  it('an endpoint that hangs is left for the next: by reads, and by writes that bear a mark', async () => {
    const hanging = await openHangingDoor()
    const both = connect({ endpoints: [hanging.endpoint, door.endpoint], timeoutMs: 15_000 })
    const ns = both.namespace()
    await ns.put('not-hung', '1')
    assert.equal(textOf((await ns.get('not-hung'))?.value ?? new Uint8Array()), '1')
    both.close()
    await hanging.close()
  })

  it('errors have classes and reasons', async () => {
    await assert.rejects(db.namespace('nope').get('a'), (error: unknown) => {
      assert.ok(error instanceof FlareError)
      assert.deepEqual(
        [error.reason, /there is no namespace nope/.test(error.message)],
        ['not-found', true],
      )
      return true
    })
    const other = await openFlareDoor()
    other.cluster.mode = 'eventual'
    const there = connect({ endpoints: [other.endpoint] })
    await assert.rejects(there.namespace().get('a'), NamespaceMode)
    there.close()
    await other.close()
  })

  it('looks at namespaces, regions and stores', async () => {
    const [namespace] = await db.admin.namespaces()
    assert.deepEqual([namespace?.name, namespace?.mode], ['default', 'strong'])
    const ids: bigint[] = []
    for await (const region of db.admin.regions('default')) ids.push(region.id)
    assert.deepEqual(ids, [1n, 2n, 3n])
    const { stores, driver } = await db.admin.stores()
    assert.deepEqual([stores.map(({ state }) => state), driver], [['up', 'up', 'draining'], 'n1'])
    await db.admin.split(1n, ['d'])
    const before = await db.timestamp()
    assert.ok((await db.timestamp()) > before)
  })
})
