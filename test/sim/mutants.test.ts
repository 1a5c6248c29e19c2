import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { MUTANTS } from '../../sim/mutants/catalogue.ts'
import { edited } from '../../sim/mutants/runner.ts'

const ROOT = new URL('../../', import.meta.url)

it('every planted bug still finds its text, once, in the source as it is', () => {
  assert.ok(MUTANTS.length >= 12)
  for (const mutant of MUTANTS) {
    for (const edit of mutant.edits) {
      const text = readFileSync(new URL(edit.file, ROOT), 'utf8')
      assert.notEqual(edited(mutant, edit, text), text, mutant.name)
    }
  }
})

it('refuses an edit whose text is gone', () => {
  const mutant = MUTANTS[0]!
  assert.throws(() => edited(mutant, mutant.edits[0]!, 'something else'), /0 times in src/)
})
