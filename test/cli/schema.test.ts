/** `plasma config schema`: a JSON Schema that takes the examples, refuses what a node refuses, and is what docs/config.md tells. */

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { finish } from '../support/child.ts'
import { PLASMA } from '../support/cluster.ts'

const ROOT = join(import.meta.dirname, '../..')

interface JsonSchema {
  readonly $schema?: string
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

describe('plasma config schema', () => {
  let schema: JsonSchema
  let validator: z.ZodType

  before(async () => {
    const { code, stdout, stderr } = await finish(process.execPath, [PLASMA, 'config', 'schema'])
    assert.equal(code, 0, stderr)
    schema = JSON.parse(stdout)
    validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  })

  it('is JSON Schema of 2020-12, and takes every example', () => {
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    for (const example of examples()) {
      const { success, error } = validator.safeParse(example)
      assert.ok(success, error?.message)
    }
  })

  it('refuses keys that do not exist, values out of bounds, and what is missing', () => {
    const [good] = examples()
    const { node: _node, ...nameless } = good as Record<string, unknown>
    const wrong = [{ ...good, shrads: 2 }, { ...good, shards: 65 }, { ...good, node: 1 }, nameless]
    for (const config of wrong) {
      assert.ok(!validator.safeParse(config).success, JSON.stringify(config))
    }
  })

  it('has every key, default and environment name that docs/config.md has, and no other', () => {
    const page = readFileSync(join(ROOT, 'docs/config.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| (\S+) \| `(PLASMA_\w+)` \| /gm)]
    assert.deepEqual(
      rows.map(([, key, value, variable]) => ({ key, value, variable })),
      leavesOf(schema, []),
    )
  })
})

function examples(): Record<string, unknown>[] {
  const files = globSync('examples/*/*.yaml', { cwd: ROOT })
  assert.ok(files.length > 0)
  return files.map((file) => parse(readFileSync(join(ROOT, file), 'utf8')))
}

/** Every key with a value of its own, as a row of the page. */
function leavesOf(schema: JsonSchema, path: readonly string[]): object[] {
  if (schema.properties !== undefined) {
    const inner = Object.entries(schema.properties)
    return inner.flatMap(([key, below]) => leavesOf(below, [...path, key]))
  }
  const variable = path.map((key) => key.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')
  return [{ key: path.join('.'), value: shown(schema.default), variable: `PLASMA_${variable}` }]
}

function shown(value: unknown): string {
  if (value === undefined) return '–'
  return Array.isArray(value) && value.length === 0 ? 'none' : String(value)
}
