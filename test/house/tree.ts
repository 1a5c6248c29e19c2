/**
 * The source tree as the law sees it: files, their imports, their lines. Reads text; resolves nothing
 * but relative paths. Strings and comments are told apart well enough for code that biome formatted.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'

export interface Import {
  /** A path from the root of the repository, a package's name, or `node:…`. */
  readonly target: string
  readonly local: boolean
  /** Types alone cross: nothing is loaded at run time. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  readonly path: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  readonly imports: readonly Import[]
}

export const ROOT = join(import.meta.dirname, '../..')

const SKIPPED = new Set(['node_modules', 'dist', '.git', 'data'])

/** Paths of all files below a folder of the repository with this ending, sorted. */
export function filesBelow(folder: string, ending: string): string[] {
  const found: string[] = []
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(path)
      else if (entry.isFile() && entry.name.endsWith(ending)) found.push(relative(ROOT, path))
    }
  }
  visit(join(ROOT, folder))
  return found.sort()
}

export function readSources(folders: readonly string[]): SourceFile[] {
  const paths = folders.flatMap((folder) => filesBelow(folder, '.ts'))
  return paths.map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')))
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g, '')
  return { path, text, code, imports: importsOf(path, code) }
}

const STATEMENT =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[\w*{}\s,$]*?\sfrom\s+)?['"]([^'"\n]+)['"]/g
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g
const STARTED = /new URL\(\s*['"](\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/g

function importsOf(path: string, code: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, typeOnly: boolean): void => {
    const local = specifier.startsWith('.')
    const target = local ? posix.join(dirname(path), specifier) : packageName(specifier)
    found.push({ target, local, typeOnly })
  }
  for (const [, , type, specifier] of code.matchAll(STATEMENT)) {
    add(specifier as string, type !== undefined)
  }
  for (const [, specifier] of code.matchAll(DYNAMIC)) add(specifier as string, false)
  for (const [, specifier] of code.matchAll(STARTED)) add(specifier as string, false)
  return found
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
}
