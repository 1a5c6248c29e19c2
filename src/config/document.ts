/** A YAML file as plain values that know their lines; broken YAML is a `ConfigError` that names them. */

import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml'
import { ConfigError, type ConfigProblem } from './problem.ts'

export interface ReadDocument {
  readonly values: unknown
  /** `file:line` of the value at this path, or else of the thing around it. */
  whereIs(path: readonly (string | number)[]): string
}

export function readDocument(file: string, text: string): ReadDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problems = document.errors.map((error): ConfigProblem => {
    const what = error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? error.code
    const { line } = lines.linePos(error.pos[0])
    return { where: `${file}:${line}`, path: '', what: `not valid YAML: ${what}` }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    values: document.toJS() as unknown,
    whereIs: (path) => `${file}:${lines.linePos(offsetOf(document, path)).line}`,
  }
}

/** Where the deepest part of the path that is there begins. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let at: unknown = document.contents
  let offset = 0
  for (const step of path) {
    if (isMap(at)) {
      const pair = at.items.find((item) => isScalar(item.key) && item.key.value === step)
      if (!isPair(pair)) break
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0]
      at = pair.value
    } else if (isSeq(at)) {
      at = at.items[Number(step)]
      if (isNode(at) && at.range) offset = at.range[0]
    } else break
  }
  return offset
}
