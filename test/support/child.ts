/** Child processes of tests: started, watched line by line, and surely ended. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ChildOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** It ends with this process, even if this one is killed: for `plasma`, which watches a pipe. */
  readonly tied?: boolean
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Child {
  readonly process: ChildProcess
  readonly lines: string[] = []
  /** Resolves when the process is gone and its output read. */
  readonly exit: Promise<Exit>
  readonly #listeners = new Set<(line: string) => void>()

  constructor(program: string, args: readonly string[], options: ChildOptions = {}) {
    this.process = spawn(program, args, {
      cwd: options.cwd,
      env: {
        ...withoutTestContext(),
        ...(options.tied ? { PLASMA_PARENT_FD: '3' } : {}),
        ...options.env,
      },
      stdio: options.tied ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'],
    })
    running.add(this)
    const reading = [this.process.stdout, this.process.stderr].map(async (stream) => {
      if (stream === null) return
      for await (const line of createInterface({ input: stream })) this.#take(line)
    })
    this.exit = this.#ended(reading)
  }

  get pid(): number {
    return this.process.pid ?? -1
  }

  get output(): string {
    return this.lines.join('\n')
  }

  /** The first line, past or to come, that the predicate takes. Rejects when the process ends before. */
  line(matches: RegExp, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => end(new Error(`no line like ${matches} in ${timeoutMs} ms; output:\n${this.output}`)),
        timeoutMs,
      )
      const end = (result: string | Error): void => {
        clearTimeout(timer)
        this.#listeners.delete(look)
        if (typeof result === 'string') resolve(result)
        else reject(result)
      }
      const look = (line: string): void => {
        if (matches.test(line)) end(line)
      }
      this.#listeners.add(look)
      for (const line of this.lines) look(line)
      this.exit.then(({ code, signal }) =>
        end(new Error(`ended (${code ?? signal}) before a line like ${matches}:\n${this.output}`)),
      )
    })
  }

  /** Ends the process; with SIGKILL when it does not end by itself in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<Exit> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.exit
    this.process.kill(signal)
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs)
    const exit = await this.exit
    clearTimeout(timer)
    return exit
  }

  async #ended(reading: readonly Promise<void>[]): Promise<Exit> {
    const [code, signal] = await Promise.race([
      once(this.process, 'exit'),
      once(this.process, 'error').then(([error]) => {
        this.#take(String(error))
        return [127, null]
      }),
    ])
    running.delete(this)
    await Promise.all(reading)
    return { code, signal }
  }

  #take(line: string): void {
    this.lines.push(line)
    for (const listener of this.#listeners) listener(line)
  }
}

const running = new Set<Child>()
// Whatever ends a test file, its processes end with it.
process.on('exit', () => {
  for (const child of running) child.process.kill('SIGKILL')
})

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, within a time. */
export async function finish(
  program: string,
  args: readonly string[],
  options: ChildOptions & { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...withoutTestContext(), ...options.env },
    timeout: options.timeoutMs ?? 20_000,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

/** A child must not take itself for part of this test run. */
function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _outer, ...rest } = process.env
  return rest
}
