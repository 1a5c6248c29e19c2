/** The law of the house, kept; and the law itself shown to bite. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  bannedFindings,
  cycleFindings,
  deadFindings,
  headingFindings,
  layerFindings,
  lengthFindings,
} from './layers.ts'
import { filesBelow, ROOT, readSources, sourceFile } from './tree.ts'

const product = readSources(['src', 'sim', 'bench'])
const everything = [...product, ...readSources(['test', 'examples', 'proto'])]
const none = (findings: readonly string[]): void => {
  if (findings.length > 0) assert.fail(`\n${findings.join('\n')}`)
}

describe('the law', () => {
  it('a folder imports only what stands below it, and packages have one folder each', () => {
    none(layerFindings(product))
  })
  it('the deterministic land has no clock, randomness, timers or waiting', () => {
    none(bannedFindings(product))
  })
  it('no files need each other in a circle', () => none(cycleFindings(everything)))
  it('no file is longer than the house allows', () => none(lengthFindings(everything)))
  it('no file is dead', () => none(deadFindings(product)))
  it('every page has one first heading', () => {
    const paths = filesBelow('.', '.md').filter((path) => path !== 'LICENSE.md')
    none(headingFindings(paths.map((path) => ({ path, text: text(path) }))))
  })
  it('cluster and compatibility tests import the client and nothing else of src', () => {
    const outside = readSources(['test/cluster', 'test/compat', 'test/cli'])
    const findings = outside.flatMap((file) =>
      file.imports
        .filter(({ target }) => target.startsWith('src/') && !target.startsWith('src/client/'))
        .map(({ target }) => `${file.path}: imports ${target}`),
    )
    none(findings)
  })
})

describe('the law bites', () => {
  const plant = (path: string, code: string) => [sourceFile(path, code)]

  it('on an import from above', () => {
    const planted = plant(
      'src/core/raft/log.ts',
      "import type { Host } from '../../runtime/host.ts'",
    )
    assert.match(layerFindings(planted).join(), /src\/core may not import src\/runtime\/host\.ts/)
  })
  it('on an adapter chosen outside of node', () => {
    const planted = plant('src/actors/a.ts', "import { b } from '../storage/level/level-store.ts'")
    assert.match(layerFindings(planted).join(), /src\/storage\/level is open to/)
  })
  it('on a package in the wrong room, on a stranger, and on node: in the core', () => {
    const code = "import pino from 'pino'\nimport {\n  x,\n} from 'left-pad'\nimport 'node:fs'\n"
    assert.equal(layerFindings(plant('src/core/raft/log.ts', code)).length, 3)
  })
  it('on a lazy import and on a re-export', () => {
    const code = "const m = await import('pino')\nexport { x } from '../../cli/main.ts'"
    assert.equal(layerFindings(plant('src/core/kv/types.ts', code)).length, 2)
  })
  it('on a clock in an actor, but not in a comment or in the face', () => {
    assert.equal(bannedFindings(plant('src/actors/a.ts', 'const t = Date.now()')).length, 1)
    assert.equal(bannedFindings(plant('src/actors/a.ts', '// Date.now() is banned')).length, 0)
    assert.equal(bannedFindings(plant('src/actors/chainfire-face.ts', 'await x')).length, 0)
  })
  it('on a circle', () => {
    const circle = [
      sourceFile('src/base/a.ts', "import { b } from './b.ts'"),
      sourceFile('src/base/b.ts', "import { a } from './a.ts'"),
    ]
    assert.match(cycleFindings(circle).join(), /a\.ts -> src\/base\/b\.ts -> src\/base\/a\.ts/)
  })
  it('on a file that nobody imports, a long one, and two first headings', () => {
    assert.equal(deadFindings(plant('src/base/a.ts', '')).length, 1)
    assert.equal(lengthFindings(plant('src/base/a.ts', '\n'.repeat(401))).length, 1)
    assert.equal(headingFindings([{ path: 'a.md', text: '# a\n# b\n' }]).length, 1)
  })
})

function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
