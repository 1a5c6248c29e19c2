/** Whom a node dials: docs/links.md 1.4 and 2.8. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contact, Contacts } from '../../src/net/swarm/contacts.ts'

test('1.4 who is forgotten is not dialled, until it is learnt of anew', async () => {
  const dialled: string[] = []
  let heard = () => {}
  const dial = async ({ publicKey }: Contact) => {
    dialled.push(publicKey)
    heard()
    return 'connected' as const
  }
  const contacts = new Contacts('a', { below: () => 0 }, { dial, connected: () => false })
  const learn = (publicKey: string) =>
    new Promise<void>((resolve) => {
      heard = resolve
      contacts.learn({ publicKey, addresses: [] })
    })
  contacts.learn({ publicKey: 'removed', addresses: [] })
  assert.ok(contacts.forget('removed'))
  await learn('stays')
  assert.deepEqual(dialled, ['stays'])
  assert.ok(!contacts.forget('removed'))
  await learn('removed')
  assert.equal(dialled.at(-1), 'removed')
  contacts.close()
})
