/**
 * `npm run check`: types, format and lint, the law of the house, generated code fresh. Each is a
 * command that also works by itself; the exit code tells whether all held.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './tree.ts'

export interface CheckResult {
  readonly name: string
  readonly passed: boolean
  readonly seconds: number
  readonly output: string
}

const CHECKS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the deterministic land', command: ['tsc', '-p', 'src/core'] },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'the law of the house', command: ['node', '--test', 'test/house/layers.test.ts'] },
  { name: 'generated code', command: ['node', 'proto/generate.ts', '--check'] },
]

export function runChecks(): CheckResult[] {
  return CHECKS.map(({ name, command: [program, ...args] }) => {
    const started = performance.now()
    const done = spawnSync(join(ROOT, 'node_modules/.bin', program as string), args, {
      cwd: ROOT,
      encoding: 'utf8',
      env: withoutTestContext(),
    })
    const seconds = (performance.now() - started) / 1000
    const result = { name, passed: done.status === 0, seconds, output: done.stdout + done.stderr }
    print(result)
    return result
  })
}

/** A test runner inside a test runner would report to the outer one instead of exiting with a code. */
function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _outer, ...rest } = process.env
  return rest
}

function print({ name, passed, seconds, output }: CheckResult): void {
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s)`)
  if (!passed) console.log(output.trimEnd().replace(/^/gm, '    '))
}

if (import.meta.main) {
  if (!existsSync(join(ROOT, 'node_modules'))) throw new Error('run `npm ci` first')
  process.exitCode = runChecks().every((result) => result.passed) ? 0 : 1
}
