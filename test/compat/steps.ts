/** The words in which the compatibility script is written: what to do, never what to expect. */

/** An `etcdctl` command. */
export interface CtlStep {
  readonly kind: 'ctl'
  readonly args: readonly string[]
  readonly input: string
  /** Names the lease that the command grants; later commands may say `$name`. */
  readonly lease?: string
  /** For commands that do not end by themselves: end it after so many lines of output. */
  readonly lines?: number
}

/** One gRPC request by itself. */
export interface CallStep {
  readonly kind: 'call'
  /** `Service/Method`, without the package. */
  readonly method: string
  readonly request: object
  readonly metadata: Readonly<Record<string, string>>
}

/** A bidirectional stream: requests, pauses until so many responses came, and steps in between. */
export interface StreamStep {
  readonly kind: 'stream'
  readonly method: string
  readonly acts: readonly Act[]
}

export type Act =
  | { readonly act: 'send'; readonly request: object }
  /** Waits until this many responses came in all. */
  | { readonly act: 'until'; readonly responses: number }
  | { readonly act: 'do'; readonly step: Step }
  /** Gives what must not come the time to come. */
  | { readonly act: 'pause'; readonly ms: number }

/** Lets time pass, for leases to expire. */
export interface PauseStep {
  readonly kind: 'pause'
  readonly ms: number
}

export type Step = CtlStep | CallStep | StreamStep | PauseStep

/** Splits at spaces; give a list where an argument has some of its own. */
export function ctl(command: string | readonly string[], input = ''): CtlStep {
  return { kind: 'ctl', args: words(command), input }
}

export function grant(command: string, lease: string): CtlStep {
  return { kind: 'ctl', args: words(command), input: '', lease }
}

export function watching(command: string, lines: number, input = ''): CtlStep {
  return { kind: 'ctl', args: words(command), input, lines }
}

export function call(
  method: string,
  request: object,
  metadata: Readonly<Record<string, string>> = {},
): CallStep {
  return { kind: 'call', method, request, metadata }
}

export function stream(method: string, ...acts: readonly Act[]): StreamStep {
  return { kind: 'stream', method, acts }
}

export const send = (request: object): Act => ({ act: 'send', request })
export const until = (responses: number): Act => ({ act: 'until', responses })
export const perform = (step: Step): Act => ({ act: 'do', step })
export const pause = (ms: number): Act => ({ act: 'pause', ms })

function words(command: string | readonly string[]): readonly string[] {
  return typeof command === 'string' ? command.split(' ') : command
}

/** How a step is called in reports and in the list of differences. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'ctl':
      return `etcdctl ${step.args.join(' ')}${step.input === '' ? '' : ` < ${brief(step.input)}`}`
    case 'call':
      return `${step.method} ${brief(step.request)}`
    case 'stream':
      return `${step.method} ${brief(step.acts)}`
    case 'pause':
      return `pause ${step.ms} ms`
  }
}

function brief(value: object | string): string {
  const text = JSON.stringify(value)
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`
}
