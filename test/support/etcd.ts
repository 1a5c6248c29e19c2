/** Debian's etcd, as the oracle. Where it is not installed, what needs it is skipped, but never on CI. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.ts'
import { freePorts } from './ports.ts'

export const ETCD = '/usr/bin/etcd'
export const ETCDCTL = '/usr/bin/etcdctl'

/** The option `skip` of a test that needs these programs. */
export function unlessInstalled(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !existsSync(program))
  if (missing.length === 0 || process.env.CI !== undefined) return false
  return `needs ${missing.join(', ')}`
}

export interface Etcd {
  readonly endpoint: string
  stop(): Promise<void>
}

/** A fresh single-member etcd in a temporary directory. */
export async function startEtcd(): Promise<Etcd> {
  const directory = mkdtempSync(join(tmpdir(), 'plasma-etcd-'))
  const [client, peer] = await freePorts(2)
  const endpoint = `127.0.0.1:${client}`
  const child = new Child(ETCD, [
    '--name=oracle',
    `--data-dir=${directory}/data`,
    `--listen-client-urls=http://${endpoint}`,
    `--advertise-client-urls=http://${endpoint}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=oracle=http://127.0.0.1:${peer}`,
  ])
  const stop = async (): Promise<void> => {
    await child.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await child.line(/ready to serve client requests/, 20_000)
  } catch (error) {
    await stop()
    throw error
  }
  return { endpoint, stop }
}
