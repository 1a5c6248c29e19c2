/** The page and its tests hold each other: no clause without a test, no test of a clause that is not there. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const page = readFileSync(new URL('../../docs/runtime.md', import.meta.url), 'utf8')
const folder = new URL('.', import.meta.url)

const stated = new Set([...page.matchAll(/^- \*\*(R-\d+) /gm)].map((match) => match[1]))

function citations(): Map<string, string> {
  const cited = new Map<string, string>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue
    const source = readFileSync(new URL(name, folder), 'utf8')
    for (const [, title = ''] of source.matchAll(/^test\(\s*['"`](.+)['"`]/gm)) {
      for (const [id] of title.matchAll(/\bR-\d+\b/g)) cited.set(id, name)
    }
  }
  return cited
}

test('every clause of docs/runtime.md is cited by a test', () => {
  const cited = citations()
  assert.ok(stated.size > 20)
  assert.deepEqual(
    [...stated].filter((id) => id !== undefined && !cited.has(id)),
    [],
  )
})

test('every test cites clauses that are there', () => {
  const unknown = [...citations()].filter(([id]) => !stated.has(id))
  assert.deepEqual(unknown, [])
})

test('the clauses count up without a gap', () => {
  assert.deepEqual(
    [...stated],
    [...stated].map((_, i) => `R-${i + 1}`),
  )
})
