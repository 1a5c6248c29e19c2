/** Plays the script against one server and writes down all it says, made comparable. */

import { Child, finish } from '../support/child.ts'
import { ETCDCTL } from '../support/etcd.ts'
import { plain, RawClient } from './grpc.ts'
import { LeaseNames, normalText } from './normal.ts'
import type { Section } from './script/all.ts'
import {
  type Act,
  type CallStep,
  type CtlStep,
  describeStep,
  type Step,
  type StreamStep,
} from './steps.ts'

/** How long an answer may take before it counts as none. */
const PATIENCE_MS = 5_000

export interface Said {
  readonly section: string
  readonly step: string
  readonly output: string
}

export async function play(script: readonly Section[], endpoint: string): Promise<Said[]> {
  const player = new Player(endpoint)
  const said: Said[] = []
  try {
    for (const section of script) {
      const steps = section.steps(await player.revision())
      for (const step of steps) {
        said.push({
          section: section.name,
          step: describeStep(step),
          output: await player.take(step),
        })
      }
    }
  } finally {
    player.close()
  }
  return said
}

class Player {
  readonly #endpoint: string
  readonly #raw: RawClient
  readonly #leases = new LeaseNames()

  constructor(endpoint: string) {
    this.#endpoint = endpoint
    this.#raw = new RawClient(endpoint)
  }

  close(): void {
    this.#raw.close()
  }

  async revision(): Promise<number> {
    const said = await this.#raw.call('KV/Range', { key: 'any' }, {})
    return Number((said as { header?: { revision?: string } }).header?.revision)
  }

  async take(step: Step): Promise<string> {
    switch (step.kind) {
      case 'ctl':
        return this.#leases.hide(
          await (step.lines ? this.#watch(step, step.lines) : this.#run(step)),
        )
      case 'call':
        return this.#leases.hide(await this.#call(step))
      case 'stream':
        return this.#leases.hide(await this.#stream(step))
      case 'pause':
        await sleep(step.ms)
        return ''
    }
  }

  #argsOf(step: CtlStep): string[] {
    return [`--endpoints=${this.#endpoint}`, ...step.args.map((arg) => this.#leases.fill(arg))]
  }

  async #run(step: CtlStep): Promise<string> {
    const input = this.#leases.fill(step.input)
    const { code, stdout, stderr } = await finish(ETCDCTL, this.#argsOf(step), { input })
    const granted = /lease ([0-9a-f]+) granted/.exec(stdout)
    if (step.lease !== undefined && granted !== null) {
      this.#leases.learn(step.lease, granted[1] as string)
    }
    return normalText(`exit ${code}\n${stdout}${stderr}`)
  }

  async #watch(step: CtlStep, lines: number): Promise<string> {
    const child = new Child(ETCDCTL, this.#argsOf(step))
    child.process.stdin?.write(step.input)
    const started = performance.now()
    while (child.lines.length < lines && performance.now() - started < PATIENCE_MS) await sleep(10)
    // A line too many would come at once.
    await sleep(50)
    await child.stop('SIGKILL')
    return normalText(child.output)
  }

  async #call(step: CallStep): Promise<string> {
    const said = await this.#raw.call(step.method, step.request, step.metadata)
    return normalText(JSON.stringify(said))
  }

  async #stream(step: StreamStep): Promise<string> {
    const { send, duplex } = this.#raw.stream(step.method)
    const said: string[] = []
    const meanwhile: string[] = []
    duplex.on('data', (response: unknown) => said.push(JSON.stringify(plain(response))))
    const ended = new Promise<void>((resolve) => {
      duplex.on('error', (error: Error & { code?: number; details?: string }) => {
        if (error.code !== 1) said.push(`error ${error.code} ${error.details}`)
        resolve()
      })
      duplex.on('end', resolve)
    })
    for (const act of step.acts) await this.#act(act, send, said, meanwhile)
    duplex.cancel()
    await ended
    return normalText([...byWatcher(said), ...meanwhile].join('\n'))
  }

  async #act(
    act: Act,
    send: (request: object) => void,
    said: readonly string[],
    meanwhile: string[],
  ): Promise<void> {
    if (act.act === 'send') send(act.request)
    else if (act.act === 'pause') await sleep(act.ms)
    else if (act.act === 'do') meanwhile.push(await this.take(act.step))
    else {
      const started = performance.now()
      while (said.length < act.responses && performance.now() - started < PATIENCE_MS)
        await sleep(5)
    }
  }
}

/** Each watcher's responses in their order; between watchers there is none. */
function byWatcher(said: readonly string[]): string[] {
  const watcher = (line: string): string => /"watch_id":"(-?\d+)"/.exec(line)?.[1] ?? '0'
  return said.toSorted((a, b) => Number(watcher(a)) - Number(watcher(b)))
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
