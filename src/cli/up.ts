/**
 * `plasma up`: every node of a directory as a process of its own. On a terminal it shows a live
 * picture of the cluster, piped it passes the nodes' log lines on. The nodes end with this process,
 * whatever ends it: they hold the other end of a pipe.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type KnownNode, nodesOf } from './nodes.ts'
import { PARENT_FD, whenParentEnds } from './parent.ts'
import { Picture } from './picture.ts'
import { onWishToEnd } from './signals.ts'

interface Running {
  readonly node: KnownNode
  readonly process: ChildProcess
  readonly ended: Promise<number>
}

/** Ends when all nodes have ended; the exit code is 0 if they were asked to. */
export async function runUp(directory: string, sets: readonly string[]): Promise<number> {
  const nodes = nodesOf(directory, sets)
  const picture = process.stdout.isTTY ? new Picture(nodes) : undefined
  const tell = picture === undefined ? passOn : (line: string) => picture.take(line)
  const running = nodes.map((node) => startNode(node, sets, tell))
  let asked = false
  const stop = (again = false): void => {
    asked = true
    picture?.freeze()
    for (const { process: child } of running) child.kill(again ? 'SIGKILL' : 'SIGTERM')
  }
  onWishToEnd(stop)
  whenParentEnds(() => stop())
  picture?.start()
  const codes = await Promise.all(
    running.map(async ({ node, ended }) => {
      const code = await ended
      if (asked) return code
      tell(endOf(node, code))
      // A node that was refused would leave a cluster that nobody wanted.
      if (code === REFUSED) stop()
      return code
    }),
  )
  picture?.stop()
  return codes.find((code) => code !== 0) ?? 0
}

/** The exit code of a node that did not start because of what its user can mend. */
const REFUSED = 1

function startNode(
  node: KnownNode,
  sets: readonly string[],
  tell: (line: string) => void,
): Running {
  const overrides = sets.flatMap((set) => ['--set', set])
  const child = spawn(
    process.execPath,
    [process.argv[1] as string, 'node', '--config', node.file, ...overrides],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // glibc gives each thread an arena of its own, and seldom gives memory back from so many.
      env: { MALLOC_ARENA_MAX: '2', ...process.env, [PARENT_FD]: '3' },
    },
  )
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', tell)
  }
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 137))
  return { node, process: child, ended }
}

/** In the shape of the nodes' own log: an error, by pino's numbers. */
function endOf({ config }: KnownNode, code: number): string {
  const time = new Date().toISOString()
  return JSON.stringify({ level: 50, time, node: config.node, code, msg: 'ended' })
}

function passOn(line: string): void {
  process.stdout.write(`${line}\n`)
}
