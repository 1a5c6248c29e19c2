/**
 * A node's data directory: who it belongs to and who uses it now.
 *
 * `FORMAT` names the on-disk version, the cluster, the node and its incarnation, and is written once,
 * when the directory is made; `key` is the seed of the node's key pair; `lock` names the process that
 * uses the directory. What holds two processes apart for certain is the store's own lock; the file is
 * there to say who.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { processStart } from './process-table.ts'
import { NodeRefused } from './refused.ts'

/** Grows with every change of what lies on disk: a directory of another version is refused. */
export const DISK_VERSION = 2

export interface Identity {
  readonly diskVersion: number
  /** Hex of 64 bits, from the cluster's name. */
  readonly clusterId: string
  readonly node: string
  /** Hex of 32 bytes. */
  readonly publicKey: string
  /** 128 random bits in hex, drawn when the directory was made. */
  readonly incarnation: string
  /** The directory was made by `--rejoin`: its node asks for a new place in its groups. */
  readonly rejoined: boolean
}

export interface DataDirectory {
  readonly path: string
  readonly identity: Identity
  /** Seed of the node's key pair, in hex. */
  readonly keySeed: string
  /** The directory was made by this start. */
  readonly fresh: boolean
}

export interface Expected {
  readonly path: string
  readonly clusterId: string
  readonly node: string
  /** Sets what the directory holds aside and makes it anew. */
  readonly rejoin: boolean
  /** Draws who this node will be, if the directory is made now. */
  createIdentity(): Drawn
}

interface Drawn {
  readonly seed: string
  readonly publicKey: string
  readonly incarnation: string
}

/** Opens or makes the directory, and takes its lock file. Throws `NodeRefused`. */
export function openDataDirectory(expected: Expected): DataDirectory {
  const { path } = expected
  try {
    mkdirSync(path, { recursive: true })
    takeLock(path, expected.node)
    if (expected.rejoin) setAside(path)
    if (existsSync(join(path, 'FORMAT'))) return readDirectory(expected)
    return makeDirectory(expected)
  } catch (error) {
    throw explain(path, error)
  }
}

/** Other processes may have the directory. */
export function releaseDataDirectory(path: string): void {
  rmSync(join(path, 'lock'), { force: true })
}

/** Whole or not at all, and on disk when this returns. */
export function writeAtomically(path: string, content: string, mode = 0o644): void {
  const draft = `${path}.new`
  const fd = openSync(draft, 'w', mode)
  writeSync(fd, content)
  fsyncSync(fd)
  closeSync(fd)
  renameSync(draft, path)
}

/** Nothing is deleted: whoever rejoins by mistake still has the old store. */
function setAside(path: string): void {
  const old = join(path, `before-rejoin-${new Date().toISOString().replaceAll(':', '')}`)
  for (const name of ['FORMAT', 'key', 'store', 'members.json', 'ready.json']) {
    if (!existsSync(join(path, name))) continue
    mkdirSync(old, { recursive: true })
    renameSync(join(path, name), join(old, name))
  }
}

function makeDirectory(expected: Expected): DataDirectory {
  const { path, clusterId, node, rejoin: rejoined } = expected
  const { seed: keySeed, publicKey, incarnation } = expected.createIdentity()
  const version = { diskVersion: DISK_VERSION }
  const identity: Identity = { ...version, clusterId, node, publicKey, incarnation, rejoined }
  writeAtomically(join(path, 'key'), keySeed, 0o600)
  // Last: a directory without it counts as not made.
  writeAtomically(join(path, 'FORMAT'), `${JSON.stringify(identity, null, 2)}\n`)
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
  return { path, identity, keySeed, fresh: true }
}

function readDirectory({ path, clusterId, node }: Expected): DataDirectory {
  const identity = readIdentity(path)
  if (identity.diskVersion !== DISK_VERSION) {
    const other = identity.diskVersion > DISK_VERSION ? 'a newer' : 'an older'
    throw new NodeRefused(
      `${path} was written by ${other} version (format ${identity.diskVersion}, this one reads ` +
        `${DISK_VERSION}); start that version, or use another data directory`,
    )
  }
  if (identity.node !== node) {
    throw new NodeRefused(
      `${path} belongs to node ${identity.node}, not to ${node}; give each node a directory of its own`,
    )
  }
  if (identity.clusterId !== clusterId) {
    throw new NodeRefused(
      `${path} belongs to another cluster; use another data directory, or give cluster.name its old value`,
    )
  }
  return { path, identity, keySeed: readFileSync(join(path, 'key'), 'utf8'), fresh: false }
}

function readIdentity(path: string): Identity {
  try {
    return JSON.parse(readFileSync(join(path, 'FORMAT'), 'utf8')) as Identity
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new NodeRefused(
      `${path}/FORMAT is damaged; move the directory aside and start with --rejoin`,
    )
  }
}

interface Lock {
  readonly pid: number
  readonly node: string
  /** Tells the process from a later one with the same number. */
  readonly started: string | undefined
}

function takeLock(path: string, node: string): void {
  const file = join(path, 'lock')
  const holder = existsSync(file) ? parseLock(readFileSync(file, 'utf8')) : undefined
  if (holder && holder.pid !== process.pid && isRunning(holder)) {
    throw new NodeRefused(
      `${path} is in use by process ${holder.pid} (node ${holder.node}); stop that one first`,
    )
  }
  const mine: Lock = { pid: process.pid, node, started: processStart(process.pid) }
  writeAtomically(file, `${JSON.stringify(mine)}\n`)
}

function parseLock(text: string): Lock | undefined {
  try {
    return JSON.parse(text) as Lock
  } catch {
    return undefined
  }
}

function isRunning({ pid, started }: Lock): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  return processStart(pid) === started
}

function explain(path: string, error: unknown): unknown {
  if (error instanceof NodeRefused || !(error instanceof Error) || !('code' in error)) return error
  const fix =
    error.code === 'ENOSPC' ? 'free some space' : 'check who owns it, or set data: elsewhere'
  return new NodeRefused(`the data directory ${path} cannot be used (${error.code}); ${fix}`)
}
