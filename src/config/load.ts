/**
 * From sources to a config that a node can run on, or to a `ConfigError` that names each problem with
 * its line and its fix. Precedence, weakest first: defaults, file, environment, `--set`.
 */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type BrokenRule, ConfigError, type ConfigProblem, nearest } from './problem.ts'
import { brokenRules } from './rules.ts'
import { configSchema, keysBelow, type NodeConfig } from './schema.ts'
import { type ConfigSources, type Environment, type MergedConfig, mergeSources } from './sources.ts'
import { readTlsFiles } from './tls-files.ts'

export interface LoadOptions {
  readonly file: string
  readonly environment: Environment
  readonly sets: readonly string[]
}

/** Reads a file and finds the files that it names in order; paths in the result are absolute. */
export function loadConfig({ file, environment, sets }: LoadOptions): NodeConfig {
  const { config, merged } = parseConfig({ file, text: readText(file), environment, sets })
  if (config.tls !== undefined) refuse(readTlsFiles(config.tls).problems, merged)
  return config
}

/** The same for a text that may not be a file yet. */
export const checkConfig = (sources: ConfigSources): NodeConfig => parseConfig(sources).config

interface ParsedConfig {
  readonly config: NodeConfig
  readonly merged: MergedConfig
}

function parseConfig(sources: ConfigSources): ParsedConfig {
  const merged = mergeSources(sources)
  const parsed = configSchema.safeParse(merged.values, { reportInput: true })
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.flatMap((issue) => explain(issue, merged)))
  }
  refuse(brokenRules(parsed.data), merged)
  return { config: withAbsolutePaths(parsed.data, dirname(sources.file)), merged }
}

function refuse(broken: readonly BrokenRule[], merged: MergedConfig): void {
  if (broken.length === 0) return
  throw new ConfigError(
    broken.map(({ path, what, fix }) => ({
      where: merged.whereIs(path),
      path: path.join('.'),
      what,
      fix,
    })),
  )
}

function withAbsolutePaths(config: NodeConfig, directory: string): NodeConfig {
  const data = resolve(directory, config.data)
  if (config.tls === undefined) return { ...config, data }
  const { cert, key, ca, clientAuth } = config.tls
  const tls = {
    cert: resolve(directory, cert),
    key: resolve(directory, key),
    ca: ca === undefined ? undefined : resolve(directory, ca),
    clientAuth,
  }
  return { ...config, data, tls }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const what = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`
    const fix = code === 'ENOENT' ? 'write one with `plasma init`' : 'check its permissions'
    throw new ConfigError([{ where: file, path: '', what, fix }])
  }
}

interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly input?: unknown
  readonly keys?: readonly string[]
}

function explain(raw: unknown, merged: MergedConfig): ConfigProblem[] {
  const issue = raw as Issue
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => unknownKey([...issue.path, key], merged))
  }
  const { path } = issue
  const below = keysBelow(path)
  const where = merged.whereIs(path)
  const named = path.join('.')
  if (issue.input === undefined) {
    const fix = below.length > 0 ? `give it ${below.join(', ')}` : 'add it'
    return [{ where, path: named, what: 'is missing', fix }]
  }
  if (below.length > 0) {
    return [{ where, path: named, what: 'must hold keys', fix: `give it ${below.join(', ')}` }]
  }
  return [{ where, path: named, what: `${issue.message}${shown(named, issue.input)}` }]
}

/** The wrong value, for a message; a secret is never shown. */
function shown(path: string, value: unknown): string {
  return path.startsWith('cluster.secret') ? '' : `, not ${JSON.stringify(value)}`
}

function unknownKey(path: readonly PropertyKey[], merged: MergedConfig): ConfigProblem {
  const known = keysBelow(path.slice(0, -1))
  const near = nearest(String(path.at(-1)), known)
  const fix = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`
  return { where: merged.whereIs(path), path: path.join('.'), what: 'there is no such key', fix }
}
