/**
 * One worker thread under piscina, as the main thread sees it: it begins, gets ready, answers requests,
 * and ends – by a stop, or by a crash, which is known only once its `exit` event has come.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import type { WorkerTask } from './parts.ts'
import type { Response, ToMain, ToWorker } from './protocol.ts'

export type WorkerEnd =
  | { readonly type: 'stopped' }
  | { readonly type: 'crashed'; readonly reason: string }

type Pending = (response: Response) => void

export class WorkerLife {
  /** Resolves when the shard runs and its doors are open, or with `ended`. */
  readonly ready: Promise<void>
  /** Resolves after the thread's `exit`, or its task's clean end. */
  readonly ended: Promise<WorkerEnd>
  readonly #main: MessagePort
  readonly #pending = new Map<number, Pending>()
  readonly #hear: (message: ToMain) => void
  #lastRequest = 0
  #isReady = false
  #becomeReady: () => void = () => {}

  constructor(pool: Piscina, task: Omit<WorkerTask, 'main'>, hear: (message: ToMain) => void) {
    const { port1, port2 } = new MessageChannel()
    this.#main = port1
    this.#hear = hear
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
    port1.on('message', (message: ToMain) => this.#dispatch(message))
    this.ended = this.#run(pool, { ...task, main: port2 })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  tell(message: ToWorker, transfer: readonly (MessagePort | ArrayBuffer)[] = []): void {
    this.#main.postMessage(message, transfer)
  }

  /** Never rejects: a worker that ends meanwhile is a refusal. */
  request(name: string, data: unknown): Promise<Response> {
    const id = ++this.#lastRequest
    return new Promise((resolve) => {
      this.#pending.set(id, resolve)
      this.tell({ type: 'request', id, name, data })
    })
  }

  async #run(pool: Piscina, task: WorkerTask): Promise<WorkerEnd> {
    // The pool has this one thread; a replacement appears only after it has failed.
    const thread = pool.threads[0]
    const transferList = [task.main, ...task.mesh.map((road) => road.port)]
    let end: WorkerEnd = { type: 'stopped' }
    try {
      await pool.run(task, { transferList })
    } catch (error) {
      // Whatever made the task fail: the shard is free only after the thread's exit.
      await thread?.terminate()
      end = { type: 'crashed', reason: (error as Error).message }
    }
    this.#hearLastWords()
    this.#main.close()
    for (const answer of this.#pending.values()) answer({ ok: false, reason: 'the shard ended' })
    this.#pending.clear()
    this.#becomeReady()
    return end
  }

  /** What it said before its end may lie in the port behind the news of its end. */
  #hearLastWords(): void {
    for (;;) {
      const left = receiveMessageOnPort(this.#main)
      if (left === undefined) return
      this.#dispatch(left.message as ToMain)
    }
  }

  #dispatch(message: ToMain): void {
    if (message.type === 'ready') {
      this.#isReady = true
      this.#becomeReady()
    }
    if (message.type !== 'response') {
      this.#hear(message)
      return
    }
    this.#pending.get(message.id)?.(message.response)
    this.#pending.delete(message.id)
  }
}
