/** Debian's strace on running nodes: when each thread asked for its data to be on disk, and when it was. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.ts'

const STRACE = '/usr/bin/strace'

/** One call, in milliseconds of the wall clock. */
export interface SyncCall {
  readonly beganMs: number
  readonly endedMs: number
}

/** The option `skip` of a test that needs strace; on CI it must work. */
export function unlessTraceable(): string | false {
  if (process.env.CI === 'true') return false
  const { error, status, stderr } = spawnSync(STRACE, ['-o', '/dev/null', '-e', 'fsync', 'true'])
  if (error !== undefined) return 'needs strace (Debian: apt-get install strace)'
  return status === 0 ? false : `strace may not trace here: ${String(stderr).split('\n')[0]}`
}

export class Strace {
  readonly #child: Child
  readonly #directory: string
  readonly #file: string

  private constructor(pid: number) {
    this.#directory = mkdtempSync(join(tmpdir(), 'plasma-strace-'))
    this.#file = join(this.#directory, 'calls')
    const what = ['-e', 'trace=fsync,fdatasync,sync_file_range,msync']
    const form = ['-f', '-ttt', '-T', '-o', this.#file]
    this.#child = new Child(STRACE, [...form, ...what, '-p', String(pid)])
  }

  /** Resolves once every thread of the process is traced. */
  static async attach(pid: number): Promise<Strace> {
    const strace = new Strace(pid)
    try {
      await strace.#child.line(/attached/, 20_000)
    } catch (error) {
      await strace.#stop()
      throw error
    }
    return strace
  }

  /** Lets the process go; what it called meanwhile, in order of time. */
  async detach(): Promise<SyncCall[]> {
    const text = await this.#stop()
    return callsIn(text).sort((a, b) => a.beganMs - b.beganMs)
  }

  /** Leaves nothing behind but what it wrote. */
  async #stop(): Promise<string> {
    await this.#child.stop('SIGINT')
    const text = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
    rmSync(this.#directory, { recursive: true, force: true })
    return text
  }
}

/** `PID 1700000000.123456 fdatasync(31) = 0 <0.000100>`, or in two halves when threads interleave. */
function callsIn(text: string): SyncCall[] {
  const begun = new Map<string, number>()
  const calls: SyncCall[] = []
  for (const line of text.split('\n')) {
    const [, thread = '', at = '', rest = ''] = /^(\d+) +([\d.]+) (.*)$/.exec(line) ?? []
    if (/^\w*sync\w*\(/.test(rest)) begun.set(thread, Number(at) * 1000)
    const took = / = 0 <([\d.]+)>$/.exec(rest)?.[1]
    const beganMs = begun.get(thread)
    if (took === undefined || beganMs === undefined) continue
    calls.push({ beganMs, endedMs: beganMs + Number(took) * 1000 })
    begun.delete(thread)
  }
  return calls
}
