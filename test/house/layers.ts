/** Judges source files by the law. Every finding is one line: file, what it did, what is allowed. */

import {
  BANNED,
  CLOSED,
  DETERMINISTIC,
  DETERMINISTIC_EXCEPT,
  ENTRIES,
  FOR_TESTS,
  GENERATED,
  LAYERS,
  LONGEST_FILE,
  PACKAGES,
  WITHOUT_NODE,
} from './law.ts'
import type { Import, SourceFile } from './tree.ts'

const within = (path: string, place: string): boolean =>
  path === place || path.startsWith(`${place}/`)

const layerOf = (path: string): string | undefined =>
  Object.keys(LAYERS).find((folder) => within(path, folder))

const isForTests = (path: string): boolean => FOR_TESTS.some((folder) => within(path, folder))
const isGenerated = (path: string): boolean => GENERATED.some((start) => path.startsWith(start))

export function layerFindings(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((found) => [
      ...judgeFolder(file.path, found),
      ...judgePackage(file, found),
    ]),
  )
}

function judgeFolder(path: string, found: Import): string[] {
  const layer = layerOf(path)
  if (layer === undefined) return [`${path}: stands in no folder that the law knows`]
  if (!found.local) return []
  const allowed = [layer, ...(LAYERS[layer] as readonly string[])]
  if (!allowed.some((place) => within(found.target, place))) {
    return [`${path}: ${layer} may not import ${found.target}`]
  }
  const closed = CLOSED.find((room) => within(found.target, room.folder))
  if (closed && !closed.openTo.some((place) => within(path, place))) {
    return [`${path}: ${closed.folder} is open to ${closed.openTo.join(', ')} alone`]
  }
  return []
}

function judgePackage(file: SourceFile, found: Import): string[] {
  if (found.local) return []
  if (found.target.startsWith('node:')) {
    const pure = WITHOUT_NODE.find((folder) => within(file.path, folder))
    return pure ? [`${file.path}: ${pure} has no node:, yet imports ${found.target}`] : []
  }
  const owner = PACKAGES[found.target]
  if (owner === undefined) return [`${file.path}: ${found.target} has no folder in the law`]
  if (within(file.path, owner)) return []
  return [`${file.path}: ${found.target} is imported by ${owner} alone`]
}

export function bannedFindings(files: readonly SourceFile[]): string[] {
  const pure = files.filter(
    (file) =>
      DETERMINISTIC.some((folder) => within(file.path, folder)) &&
      !DETERMINISTIC_EXCEPT.test(file.path),
  )
  return pure.flatMap((file) =>
    BANNED.filter(({ word }) => word.test(file.code)).map(
      ({ word, instead }) => `${file.path}: ${word.source} is banned here; use ${instead}`,
    ),
  )
}

/** Files that need each other at run time; types may point both ways. */
export function cycleFindings(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const state = new Map<string, 'open' | 'done'>()
  const findings: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      findings.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
      return
    }
    state.set(path, 'open')
    for (const found of byPath.get(path)?.imports ?? []) {
      if (found.local && !found.typeOnly) visit(found.target, [...trail, path])
    }
    state.set(path, 'done')
  }
  for (const file of files) if (!isGenerated(file.path)) visit(file.path, [])
  return findings
}

export function lengthFindings(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !isGenerated(file.path))
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LONGEST_FILE)
    .map(({ path, lines }) => `${path}: ${lines} lines; ${LONGEST_FILE} at most, so split it`)
}

/** Files that no entry reaches through imports. */
export function deadFindings(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    for (const found of byPath.get(path)?.imports ?? []) if (found.local) visit(found.target)
  }
  for (const entry of ENTRIES) visit(entry)
  return files
    .filter((file) => !reached.has(file.path) && !isGenerated(file.path) && !isForTests(file.path))
    .map((file) => `${file.path}: nothing that runs imports it`)
}

export function headingFindings(pages: readonly { path: string; text: string }[]): string[] {
  return pages.flatMap(({ path, text }) => {
    const prose = text.replace(/^```[\s\S]*?^```/gm, '')
    const headings = prose.match(/^# .+$/gm) ?? []
    return headings.length === 1
      ? []
      : [`${path}: ${headings.length} first headings; one each page`]
  })
}
