/** Processes under measurement: started, watched, ended, and what the kernel counted for them. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

export const runFile = promisify(execFile)

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Starts a process and waits for the line that says it is ready. */
export async function startProcess(
  program: string,
  args: readonly string[],
  ready: RegExp,
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const recent: string[] = []
  const isReady = new Promise<void>((resolve, reject) => {
    const take = (line: string): void => {
      recent.push(line)
      if (recent.length > 20) recent.shift()
      if (ready.test(line)) resolve()
    }
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', take)
    child.once('exit', (code) =>
      reject(new Error(`${program} ended with ${code}:\n${recent.join('\n')}`)),
    )
  })
  process.once('exit', () => child.kill('SIGKILL'))
  await isReady
  return child
}

export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
  const ports = servers.map((server) => {
    const at = server.address()
    return typeof at === 'object' && at !== null ? at.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

const TICKS_PER_SECOND = 100

/** Seconds of processor time, of all threads, in user and kernel mode. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory now, and the most it ever was, in bytes. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}

/** Counts the calls that wait for the disk while `work` runs; undefined where strace may not look. */
export async function countSyncs(
  pids: readonly number[],
  work: () => Promise<void>,
): Promise<number | undefined> {
  const attach = pids.flatMap((pid) => ['-p', String(pid)])
  const args = ['-f', '-qq', '-e', 'trace=fdatasync,fsync', ...attach]
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let calls = 0
  let refused = false
  createInterface(strace.stderr).on('line', (line) => {
    // A call that another thread interrupts is printed twice; its beginning counts.
    if (/\bf(data)?sync\(/.test(line)) calls++
    if (/Operation not permitted|attach:/.test(line)) refused = true
  })
  const started = await Promise.race([
    once(strace, 'spawn').then(() => true),
    once(strace, 'error').then(() => false),
  ])
  if (!started) return undefined
  await sleep(500)
  await work()
  const ended = strace.exitCode === null ? once(strace, 'close') : Promise.resolve()
  strace.kill('SIGINT')
  await ended
  return refused ? undefined : calls
}
