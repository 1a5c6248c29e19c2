/**
 * A worker thread's one endless task: it carries one shard until it is told to stop. `src/node` exports
 * it, with its own parts, from the file that piscina loads.
 *
 * It never rejects: piscina would keep the thread with all its state. What cannot go on ends the
 * thread, or through the main thread the node.
 */

import type { MessagePort } from 'node:worker_threads'
import { type Bytes, exactBytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import { Mesh } from './mesh.ts'
import { OpenShard } from './open-shard.ts'
import type { ShardParts, WorkerTask } from './parts.ts'
import { FATAL_EXIT, type LinkFrame, type ToMain, type ToWorker } from './protocol.ts'
import { ServiceDesk, serveCrash, serveShard } from './services.ts'

/** Longer frames are handed over, shorter ones cheaper to copy. */
const TRANSFER_BYTES = 16 * 1024

export type MakeParts = (task: WorkerTask) => ShardParts | Promise<ShardParts>

/** Resolves after a clean stop. */
export async function runWorkerShard(task: WorkerTask, make: MakeParts): Promise<void> {
  const worker = new WorkerShard(task)
  try {
    await worker.run(await make(task))
  } catch (error) {
    worker.fatal(`shard ${task.shard} cannot start: ${(error as Error).message}`)
  }
}

class WorkerShard {
  readonly #task: WorkerTask
  readonly #main: MessagePort
  readonly #peers: Map<NodeName, number>
  readonly #desk = new ServiceDesk()
  #mesh: Mesh | undefined
  #open: OpenShard | undefined
  #frames: ShardParts['frames'] | undefined
  #stopped: () => void = () => {}

  constructor(task: WorkerTask) {
    this.#task = task
    this.#main = task.main
    this.#peers = new Map(task.peers)
  }

  async run(parts: ShardParts): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    const opened = await parts.openStore()
    this.#frames = parts.frames
    const mesh = new Mesh(parts.frames, (tuples) => this.#open?.shard.arrive(tuples))
    this.#mesh = mesh
    const open = new OpenShard(parts, this.#roads(), opened, mesh)
    this.#open = open
    serveShard(this.#desk, open.shard, this.#task.faults)
    if (this.#task.faults) serveCrash(this.#desk)
    this.#desk.serve('close-doors', () => open.closeDoors())
    this.#desk.serve('stop', () => this.#stop(open))
    for (const { shard, port } of this.#task.mesh) mesh.connect(shard, port)
    this.#main.on('message', (message: ToWorker) => this.#hear(message))
    open.start()
    await open.open(this.#desk)
    this.#say({ type: 'ready' })
    await stopped
    this.#main.close()
  }

  fatal(reason: string): never {
    this.#say({ type: 'fatal', reason })
    process.exit(FATAL_EXIT)
  }

  #roads() {
    const { node, shard, workers } = this.#task
    return {
      node,
      shard,
      workers,
      peers: this.#peers,
      carry: (frames: readonly LinkFrame[]) => this.#carry(frames),
      report: (event: (ToMain & { type: 'event' })['event']) => this.#say({ type: 'event', event }),
      fatal: (reason: string) => this.fatal(reason),
    }
  }

  #hear(message: ToWorker): void {
    switch (message.type) {
      case 'road':
        this.#mesh?.connect(message.shard, message.port)
        break
      case 'peer':
        if (message.workers === undefined) this.#peers.delete(message.name)
        else this.#peers.set(message.name, message.workers)
        break
      case 'frame':
        this.#receiveFrame(message.from, message.frame)
        break
      case 'request':
        void this.#answer(message.id, message.name, message.data)
        break
      case 'ping':
        this.#say({ type: 'pong' })
        break
    }
  }

  #receiveFrame(from: NodeName, frame: Bytes): void {
    try {
      const tuples = this.#frames?.decodeFrame(frame, this.#task.workers).tuples ?? []
      this.#open?.shard.arrive(tuples, from)
    } catch (error) {
      this.#say({ type: 'malformed', from, reason: (error as Error).message })
    }
  }

  async #answer(id: number, name: string, data: unknown): Promise<void> {
    const response = await this.#desk.answer(name, data)
    this.#say({ type: 'response', id, response })
    if (name === 'stop' && response.ok) this.#stopped()
  }

  async #stop(open: OpenShard): Promise<void> {
    await open.drain()
    await open.closeStore()
  }

  #carry(frames: readonly LinkFrame[]): void {
    const exact = frames.map((it) => ({ ...it, frame: exactBytes(it.frame) }))
    const large = exact.filter((it) => it.frame.length > TRANSFER_BYTES)
    this.#main.postMessage(
      { type: 'frames', frames: exact } satisfies ToMain,
      large.map((it) => it.frame.buffer as ArrayBuffer),
    )
  }

  #say(message: ToMain): void {
    this.#main.postMessage(message)
  }
}
