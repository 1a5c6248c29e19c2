/** The logger: pino's JSON lines on standard output, one writer a thread. The only place that knows pino. */

import { pino } from 'pino'
import type { Log, LogLevel } from '../base/ports/log.ts'

export interface LoggerOptions {
  readonly level: LogLevel
  readonly node: string
  /** Shown with every line; the main thread's own lines go without. */
  readonly shard?: number
}

/** Lines are written at once, so that the last one before an end is never lost. */
export function openLogger({ level, node, shard }: LoggerOptions): Log {
  const base = shard === undefined ? { node } : { node, shard }
  const destination = pino.destination({ fd: 1, sync: true })
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
