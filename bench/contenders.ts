/** Clusters of three nodes on this machine: plasma through its command line, and Debian's etcd. */

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess, freePorts, runFile, sleep, startProcess } from './processes.ts'

export interface Member {
  readonly name: string
  readonly endpoint: string
  readonly pid: number
  readonly data: string
}

export interface Contender {
  readonly name: string
  readonly members: readonly Member[]
  stop(): Promise<void>
}

const MEMBERS = 3
const ROOT = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..')
/** Beside the sources, and beside what they are compiled to. */
const MAIN = join(ROOT, 'bin/plasma.js')

/** Keys of the config to set otherwise: `debug.groups=99`. */
export async function startPlasma(sets: readonly string[] = []): Promise<Contender> {
  const directory = mkdtempSync(join(tmpdir(), 'plasma-bench-'))
  const ports = await freePorts(MEMBERS)
  const names = ports.map((_, i) => `n${i + 1}`)
  const bootstrap = ports.map((port) => `"127.0.0.1:${port}"`).join(', ')
  const overrides = sets.flatMap((set) => ['--set', set])
  const clientPorts = await freePorts(MEMBERS)
  const children = await Promise.all(
    names.map((name, i) => {
      const file = join(directory, `${name}.yaml`)
      writeFileSync(
        file,
        `cluster: { name: bench, secret: a secret of the bench, nodes: [${names.join(', ')}] }
node: ${name}
data: ./${name}
client: { port: ${clientPorts[i]} }
http: { port: 0 }
links: { host: 127.0.0.1, port: ${ports[i]}, bootstrap: [${bootstrap}] }
`,
      )
      const args = [MAIN, 'node', '--config', file, ...overrides]
      return startProcess(process.execPath, args, /"msg":"ready"/)
    }),
  )
  return contender('plasma', directory, names, children, clientPorts)
}

export async function startEtcd(): Promise<Contender> {
  const directory = mkdtempSync(join(tmpdir(), 'plasma-bench-'))
  const clientPorts = await freePorts(MEMBERS)
  const peerPorts = await freePorts(MEMBERS)
  const names = clientPorts.map((_, i) => `e${i + 1}`)
  const initial = names.map((name, i) => `${name}=http://127.0.0.1:${peerPorts[i]}`).join(',')
  const children = await Promise.all(
    names.map((name, i) => {
      mkdirSync(join(directory, name), { mode: 0o700 })
      const client = `http://127.0.0.1:${clientPorts[i]}`
      const peer = `http://127.0.0.1:${peerPorts[i]}`
      const args = [
        `--name=${name}`,
        `--data-dir=${join(directory, name)}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=${initial}`,
      ]
      return startProcess('etcd', args, /ready to serve client requests/)
    }),
  )
  return contender('etcd', directory, names, children, clientPorts)
}

function contender(
  name: string,
  directory: string,
  names: readonly string[],
  children: readonly ChildProcess[],
  ports: readonly number[],
): Contender {
  const members = names.map((member, i) => ({
    name: member,
    endpoint: `127.0.0.1:${ports[i]}`,
    pid: children[i]?.pid ?? 0,
    data: join(directory, member),
  }))
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(endProcess))
    rmSync(directory, { recursive: true, force: true })
  }
  return { name, members, stop }
}

interface EndpointStatus {
  readonly Endpoint: string
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader?: number }
}

/** The members, leader first. Waits for one to be elected. */
export async function leaderFirst({ name, members }: Contender): Promise<Member[]> {
  const endpoints = members.map(({ endpoint }) => endpoint).join(',')
  for (let attempt = 0; attempt < 100; attempt++) {
    const statuses = await endpointStatus(endpoints)
    const leader = statuses.find(
      ({ Status }) => Status.leader !== undefined && Status.leader === Status.header.member_id,
    )
    if (leader !== undefined && statuses.length === members.length) {
      const leads = (member: Member): number => Number(member.endpoint === leader.Endpoint)
      return members.toSorted((a, b) => leads(b) - leads(a))
    }
    await sleep(100)
  }
  throw new Error(`${name} elected no leader`)
}

async function endpointStatus(endpoints: string): Promise<EndpointStatus[]> {
  try {
    const args = [`--endpoints=${endpoints}`, 'endpoint', 'status', '-w', 'json']
    const { stdout } = await runFile('etcdctl', args)
    // Ids are beyond what a JSON number holds exactly.
    return JSON.parse(stdout.replace(/"(member_id|leader)":(\d+)/g, '"$1":"$2"'))
  } catch {
    return []
  }
}

/** What a member's store holds now. */
export async function readBack(
  member: Member,
  key: string,
): Promise<{ revision: number; value: string }> {
  const args = [`--endpoints=${member.endpoint}`, 'get', key, '-w', 'json']
  const { stdout } = await runFile('etcdctl', args)
  const said = JSON.parse(stdout) as {
    header: { revision: number }
    kvs?: { value?: string }[]
  }
  const value = Buffer.from(said.kvs?.[0]?.value ?? '', 'base64').toString('latin1')
  return { revision: said.header.revision, value }
}
