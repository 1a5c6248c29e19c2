/**
 * Plays the conversations of test/scenarios/raft. After a wanted change, record them anew with
 * `RERECORD=1 node --test test/core/raft/golden.test.ts` and read the difference.
 */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { runScript } from './script.ts'

const folder = new URL('../../scenarios/raft/', import.meta.url)

for (const name of readdirSync(folder).sort()) {
  test(`the conversation ${name} goes as written`, () => {
    const file = new URL(name, folder)
    const written = readFileSync(file, 'utf8')
    const played = runScript(written)
    if (process.env.RERECORD) writeFileSync(file, played)
    else assert.equal(played, written)
  })
}
