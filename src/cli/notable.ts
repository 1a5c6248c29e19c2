/** What a node logged, as one short line for a person; undefined for what a picture shows anyway. */

import colors from 'picocolors'

interface LogRecord {
  readonly level: number
  readonly time?: string
  readonly node?: string
  readonly msg: string
  readonly actor?: string
  readonly role?: string
  readonly term?: number
  readonly peer?: string
  readonly reason?: string
  readonly code?: number
}

const WARN = 40
const ERROR = 50

export function notable(line: string): string | undefined {
  const record = parse(line)
  if (record === undefined) return line === '' ? undefined : line
  const sentence = sentenceOf(record)
  if (sentence === undefined) return undefined
  const paint = record.level >= ERROR ? colors.red : record.level >= WARN ? colors.yellow : String
  const at = record.time === undefined ? '' : new Date(record.time).toTimeString().slice(0, 8)
  return ` ${colors.dim(at)}  ${record.node ?? ''}  ${paint(sentence)}`
}

function sentenceOf({ level, msg, ...record }: LogRecord): string | undefined {
  if (level < WARN && isOfOtherGroup(record.actor)) return undefined
  switch (msg) {
    case 'role':
      return record.role === 'leader' ? `leads, in term ${record.term}` : undefined
    case 'link is up':
      return `link to ${record.peer} is up`
    case 'link is down':
      return `link to ${record.peer} is down: ${record.reason}`
    case 'ended':
      return `ended with code ${record.code}`
    default:
      return level < WARN || record.reason === undefined ? msg : `${msg}: ${record.reason}`
  }
}

/** What goes on in groups other than Chainfire's: there may be hundreds. */
function isOfOtherGroup(actor: string | undefined): boolean {
  return /\braft-group\//.test(actor ?? '') && !actor?.endsWith('/chainfire')
}

function parse(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'msg' in value
      ? (value as LogRecord)
      : undefined
  } catch {
    return undefined
  }
}
