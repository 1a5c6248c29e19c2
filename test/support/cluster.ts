/** Clusters of real processes, through the command line alone: started, killed, looked at, ended. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientTls } from '../../src/client/endpoints.ts'
import { Child, type Exit, finish } from './child.ts'
import { askPage } from './page.ts'
import { freePorts } from './ports.ts'

export const PLASMA = join(import.meta.dirname, '../../bin/plasma.js')

export interface ClusterOptions {
  readonly nodes?: number
  /** `--set key=value` for every node. */
  readonly sets?: readonly string[]
  /** With certificates of `plasma init --tls`, asked of clients too. */
  readonly tls?: boolean
}

export interface TestNode {
  readonly name: string
  readonly file: string
  readonly data: string
  /** `host:port` of gRPC. */
  readonly endpoint: string
  /** `host:port` of health, metrics and status. */
  readonly http: string
}

const READY_MS = 30_000

export class TestCluster {
  readonly directory: string
  readonly nodes: readonly TestNode[]
  /** What a client needs; undefined in plain text. */
  readonly tls: ClientTls | undefined
  readonly #sets: readonly string[]
  readonly #children = new Map<string, Child>()

  private constructor(
    directory: string,
    nodes: readonly TestNode[],
    { sets = [], tls = false }: ClusterOptions,
  ) {
    this.directory = directory
    this.nodes = nodes
    this.#sets = sets
    this.tls = tls ? clientTls(join(directory, CERTIFICATES)) : undefined
  }

  /** Writes the config files; starts nothing. */
  static async make(options: ClusterOptions = {}): Promise<TestCluster> {
    const { nodes: count = 3 } = options
    const directory = mkdtempSync(join(tmpdir(), 'plasma-cluster-'))
    mkdirSync(join(directory, 'data'))
    const names = Array.from({ length: count }, (_, i) => `n${i + 1}`)
    const ports = await freePorts(3 * count)
    const link = (i: number): number => ports[3 * i + 2] as number
    const bootstrap = names.map((_, i) => `"127.0.0.1:${link(i)}"`).join(', ')
    const nodes = names.map((name, i): TestNode => {
      const [client, http] = [ports[3 * i], ports[3 * i + 1]]
      const file = join(directory, `${name}.yaml`)
      writeFileSync(
        file,
        `cluster: { name: test, secret: a secret of the tests, nodes: [${names.join(', ')}] }
node: ${name}
data: ./data/${name}
client: { port: ${client} }
http: { port: ${http} }
links: { host: 127.0.0.1, port: ${link(i)}, bootstrap: [${bootstrap}] }
${options.tls ? tlsOf(name) : ''}`,
      )
      const data = join(directory, 'data', name)
      return { name, file, data, endpoint: `127.0.0.1:${client}`, http: `127.0.0.1:${http}` }
    })
    if (options.tls) await makeCertificates(directory, names)
    return new TestCluster(directory, nodes, options)
  }

  /** All nodes, ready; none is left running when one does not get so far. */
  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const cluster = await TestCluster.make(options)
    try {
      await Promise.all(cluster.nodes.map((_, i) => cluster.startNode(i)))
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  get endpoints(): readonly string[] {
    return this.nodes.map(({ endpoint }) => endpoint)
  }

  node(i: number): TestNode {
    const node = this.nodes[i]
    if (node === undefined) throw new Error(`there is no node ${i}`)
    return node
  }

  /** Starts a node and waits until it says that it is ready. */
  async startNode(i: number, ...args: readonly string[]): Promise<Child> {
    const child = this.launch(i, ...args)
    await child.line(/"msg":"ready"/, READY_MS)
    return child
  }

  /** Starts a node and waits for nothing. */
  launch(i: number, ...args: readonly string[]): Child {
    const { name, file } = this.node(i)
    const sets = this.#sets.flatMap((set) => ['--set', set])
    const argv = [PLASMA, 'node', '-c', file, ...sets, ...args]
    const child = new Child(process.execPath, argv, { tied: true })
    this.#children.set(name, child)
    return child
  }

  child(i: number): Child {
    const child = this.#children.get(this.node(i).name)
    if (child === undefined) throw new Error(`node ${i} was never started`)
    return child
  }

  kill(i: number): Promise<Exit> {
    return this.child(i).stop('SIGKILL')
  }

  /** What a node tells of itself; undefined while it does not answer. */
  async status(i: number): Promise<NodeStatus | undefined> {
    try {
      const { status, body } = await askPage({
        at: this.node(i).http,
        path: '/status',
        tls: this.tls,
        timeoutMs: 2000,
      })
      return status === 200 ? (JSON.parse(body) as NodeStatus) : undefined
    } catch {
      return undefined
    }
  }

  /** Breaks something on purpose; the nodes need `debug.faults=true`. */
  async fault(i: number, name: string, wish: object): Promise<void> {
    await this.post(i, `/debug/faults/${name}`, wish)
  }

  /** What a node's HTTP port answers to a request with a body. */
  async post(i: number, path: string, body: object = {}): Promise<unknown> {
    const answer = await askPage({
      at: this.node(i).http,
      path,
      method: 'POST',
      body: JSON.stringify(body),
      tls: this.tls,
    })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body)
  }

  /** The number of the node that leads Chainfire, as the nodes themselves say; waits for one. */
  async leader(timeoutMs = 10_000): Promise<number> {
    let leader = -1
    await until(
      timeoutMs,
      () => `no node says that it leads:\n${this.#lastLines()}`,
      async () => {
        const views = await this.#views()
        // One that was cut off may still believe in an older term.
        const terms = views.map((view) => (view?.role === 'leader' ? view.term : 0))
        const newest = Math.max(...terms)
        leader = newest === 0 ? -1 : terms.indexOf(newest)
        return leader !== -1
      },
    )
    return leader
  }

  /** Waits until every node that answers has applied what any of them has committed by now. */
  async caughtUp(timeoutMs = 30_000): Promise<void> {
    let goal = 0
    await until(
      timeoutMs,
      () => `not all nodes came as far as ${goal}`,
      async () => {
        const views = await this.#views()
        if (goal === 0) goal = Math.max(...views.map((view) => view?.commitIndex ?? 0))
        return views.every((view) => view !== undefined && view.appliedIndex >= goal) && goal > 0
      },
    )
  }

  /** Ends every process and removes the directory. */
  async stop(): Promise<void> {
    await Promise.all([...this.#children.values()].map((child) => child.stop()))
    rmSync(this.directory, { recursive: true, force: true })
  }

  ready(i: number): { client: string; http: string; links: string; pid: number } {
    return JSON.parse(readFileSync(join(this.node(i).data, 'ready.json'), 'utf8'))
  }

  async #views(): Promise<(GroupView | undefined)[]> {
    return (await Promise.all(this.nodes.map((_, i) => this.status(i)))).map(chainfireOf)
  }

  /** The worker shard of a node that carries a group. */
  async shardOf(i: number, group: string): Promise<number> {
    const shards = (await this.status(i))?.shards ?? []
    const found = shards.find(({ groups }) => groups.some((view) => view.group === group))
    if (found === undefined) throw new Error(`no shard of node ${i} carries ${group}`)
    return found.shard
  }

  #lastLines(): string {
    return [...this.#children.values()].flatMap(({ lines }) => lines.slice(-5)).join('\n')
  }
}

/** Where `plasma init --tls` wrote, beside the configs of a cluster of tests. */
export const CERTIFICATES = 'issued/certs'

async function makeCertificates(directory: string, names: readonly string[]): Promise<void> {
  const argv = [PLASMA, 'init', join(directory, 'issued'), '--tls', '--nodes', names.join(',')]
  const { code, stderr } = await finish(process.execPath, argv)
  if (code !== 0) throw new Error(stderr)
}

const tlsOf = (name: string): string => `tls:
  cert: ./${CERTIFICATES}/${name}.crt
  key: ./${CERTIFICATES}/${name}.key
  ca: ./${CERTIFICATES}/ca.crt
`

/** The client's certificate and who signed the servers'. */
export function clientTls(directory: string): { ca: string; cert: string; key: string } {
  const [ca, cert, key] = ['ca.crt', 'client.crt', 'client.key'].map((name) =>
    readFileSync(join(directory, name), 'utf8'),
  ) as [string, string, string]
  return { ca, cert, key }
}

/** Looks again and again until it is so; throws with what was missing. */
export async function until(
  timeoutMs: number,
  missing: () => string,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${missing()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

export interface GroupView {
  readonly group: string
  readonly role: string
  readonly term: number
  readonly commitIndex: number
  readonly appliedIndex: number
  readonly revision: number
  readonly quiescent: boolean
  readonly voters: readonly string[]
  readonly learners: readonly string[]
}

/** What tests read of `/status`. */
export interface NodeStatus {
  readonly node: string
  readonly pid: number
  readonly noSync: boolean
  readonly shards: readonly {
    readonly shard: number
    readonly batches: number
    readonly fallen: readonly string[]
    readonly groups: readonly GroupView[]
  }[]
  readonly links: readonly {
    readonly name: string
    readonly connected: boolean
    readonly sentBytes: number
    readonly receivedBytes: number
  }[]
}

export function chainfireOf(status: NodeStatus | undefined): GroupView | undefined {
  return status?.shards.flatMap(({ groups }) => groups).find(({ group }) => group === 'chainfire')
}
