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
  visit,
} from 'yaml'
import { ConfigError, type ConfigProblem } from './problem.ts'

export interface ReadDocument {
  readonly values: unknown
  /** `file:line` of the value at this path, or else of the thing around it. */
  whereIs(path: readonly PropertyKey[]): string
}

export interface ReadOptions {
  /** How to mend YAML that is none. */
  readonly fix?: string
  /** What stands for a text of the file, which was written at `where`. */
  replace?(text: string, where: string): string
}

export function readDocument(file: string, text: string, options: ReadOptions = {}): ReadDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`
  const { fix, replace } = options
  const problems = document.errors.map((error): ConfigProblem => {
    const what = error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? error.code
    const where = at(error.pos[0])
    return { where, path: '', what: `not valid YAML: ${what}`, ...(fix !== undefined && { fix }) }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  if (replace !== undefined) {
    visit(document, {
      Scalar(_key, scalar) {
        if (typeof scalar.value !== 'string') return
        scalar.value = replace(scalar.value, at(scalar.range?.[0] ?? 0))
      },
    })
  }
  return {
    values: document.toJS() as unknown,
    whereIs: (path) => at(offsetOf(document, path)),
  }
}

/** Where the deepest part of the path that is there begins; of a key rather than its value. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
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
