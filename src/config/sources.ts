/**
 * The three sources of a config, weakest first: file, environment, `--set`. They are merged into one
 * plain object, and every value remembers where it came from, so that a problem can name the place.
 */

import { parseDocument } from 'yaml'
import { readDocument } from './document.ts'
import { ConfigError, type ConfigProblem, nearest } from './problem.ts'
import { leafPaths } from './schema.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigSources {
  /** How the file is called in messages. */
  readonly file: string
  readonly text: string
  readonly environment: Environment
  /** `key=value`, as given after `--set`. */
  readonly sets: readonly string[]
}

type Tree = { [key: string]: unknown }

export interface MergedConfig {
  readonly values: unknown
  /** Where the value at this path, or else the thing around it, was written. */
  whereIs(path: readonly PropertyKey[]): string
}

export function mergeSources(sources: ConfigSources): MergedConfig {
  const { file, text, environment } = sources
  const problems: ConfigProblem[] = []
  const document = readDocument(file, text, {
    fix: 'compare with examples/three-nodes/n1.yaml',
    replace: (value, where) => substituteVariables(value, where, environment, problems),
  })
  if (problems.length > 0) throw new ConfigError(problems)
  const values = document.values ?? {}
  const overridden = new Map<string, string>()
  if (isTree(values)) {
    for (const { path, text, where } of overrides(sources)) {
      overridden.set(path.join('.'), where)
      setAt(values, path, parseDocument(text).toJS())
    }
  }
  const whereIs = (path: readonly PropertyKey[]): string =>
    overridden.get(path.join('.')) ?? document.whereIs(path)
  return { values, whereIs }
}

/** `$NAME`, `${NAME}` and `${NAME:-default}` in texts of the file stand for the environment's value. */
function substituteVariables(
  text: string,
  where: string,
  environment: Environment,
  problems: ConfigProblem[],
): string {
  const pattern = /\$(?:\{(\w+)(?::-([^}]*))?\}|([A-Za-z_]\w*))/g
  return text.replace(pattern, (_whole, braced, fallback, bare) => {
    const name: string = braced ?? bare
    const value = environment[name] ?? fallback
    if (value !== undefined) return value
    const what = `the environment variable ${name} is not set`
    problems.push({ where, path: '', what, fix: `set it, or write \${${name}:-default}` })
    return ''
  })
}

interface Override {
  readonly path: readonly string[]
  readonly text: string
  readonly where: string
}

function overrides({ environment, sets }: ConfigSources): Override[] {
  const leaves = leafPaths()
  const fromEnvironment = leaves.flatMap((path): Override[] => {
    const variable = environmentName(path)
    const text = environment[variable]
    return text === undefined ? [] : [{ path, text, where: `environment ${variable}` }]
  })
  return [...fromEnvironment, ...sets.map((set) => parseSet(set, leaves))]
}

/** `raft.tickMs` is PLASMA_RAFT_TICK_MS in the environment. */
function environmentName(path: readonly string[]): string {
  const snake = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
  return `PLASMA_${snake.join('_')}`
}

function parseSet(set: string, leaves: readonly (readonly string[])[]): Override {
  const equals = set.indexOf('=')
  const key = equals === -1 ? set : set.slice(0, equals)
  const where = `--set ${key}`
  if (equals === -1) {
    throw new ConfigError([{ where, path: '', what: 'has no value', fix: `write ${key}=VALUE` }])
  }
  const known = leaves.map((path) => path.join('.'))
  if (!known.includes(key)) {
    const near = nearest(key, known)
    const fix = near === undefined ? 'see `plasma config schema`' : `did you mean ${near}?`
    throw new ConfigError([{ where, path: '', what: 'there is no such key', fix }])
  }
  return { path: key.split('.'), text: set.slice(equals + 1), where }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function setAt(tree: Tree, [first, ...rest]: readonly string[], value: unknown): void {
  if (first === undefined) return
  if (rest.length === 0) {
    tree[first] = value
    return
  }
  const inner = tree[first]
  const branch: Tree = isTree(inner) ? inner : {}
  tree[first] = branch
  setAt(branch, rest, value)
}
