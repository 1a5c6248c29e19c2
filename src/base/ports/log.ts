/** The logging port, shaped so that pino's logger is one: fields first, then the sentence. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = Readonly<Record<LogLevel, (fields: object, sentence: string) => void>>

const nothing = (): void => {}
export const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
