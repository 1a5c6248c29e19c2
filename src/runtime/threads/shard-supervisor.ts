/**
 * Keeps one worker shard alive: a thread that died is replaced, with a growing delay, by one whose
 * actors come back from disk; one that dies too often ends the node; one that hangs is logged.
 */

import { Piscina } from 'piscina'
import type { Log } from '../../base/ports/log.ts'
import { RestartWindow } from '../restart-window.ts'
import type { RestartPolicy } from '../supervision.ts'
import type { WorkerTask } from './parts.ts'
import { FATAL_EXIT, type Response, type ToMain, type ToWorker } from './protocol.ts'
import { WorkerLife } from './worker-life.ts'

/** The module that a worker loads and the function in it that runs a shard (`runWorkerShard`). */
export interface WorkerModule {
  readonly filename: string
  readonly name: string
}

export interface ResourceLimits {
  readonly maxOldGenerationSizeMb?: number
  readonly maxYoungGenerationSizeMb?: number
}

export interface ShardSupervisorParts {
  readonly shard: number
  readonly module: WorkerModule
  readonly resourceLimits: ResourceLimits | undefined
  readonly restart: RestartPolicy
  readonly watchdogMs: number
  readonly log: Log
  /** A new task, with new roads to all others. */
  makeTask(): Omit<WorkerTask, 'main'>
  hear(message: ToMain): void
  /** The thread is gone: what it held is free. */
  died(reason: string): void
  fatal(reason: string): void
}

export class ShardSupervisor {
  readonly #parts: ShardSupervisorParts
  readonly #window: RestartWindow
  readonly #pool: Piscina
  #life: WorkerLife | undefined
  #stopping = false
  #heardMs = 0
  #hung = false
  /** It has said why it ends the node. */
  #fatal = false
  #watchdog: NodeJS.Timeout | undefined
  #backoff: NodeJS.Timeout | undefined
  /** Threads that died so far, or had to be killed. */
  crashes = 0

  constructor(parts: ShardSupervisorParts) {
    this.#parts = parts
    this.#window = new RestartWindow(parts.restart)
    this.#pool = new Piscina({
      ...parts.module,
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      ...(parts.resourceLimits === undefined
        ? undefined
        : { resourceLimits: parts.resourceLimits }),
    })
    // Without a listener an error of an idle thread would end the process.
    this.#pool.on('error', (error) => this.#cannotLoad((error as Error).message))
  }

  /** Resolves when the shard's first life is ready. */
  start(): Promise<void> {
    const life = this.#begin()
    this.#watchdog = setInterval(() => this.#watch(), Math.max(50, this.#parts.watchdogMs / 5))
    this.#watchdog.unref()
    return life.ready
  }

  /** Whether a thread carries the shard now, or is about to. */
  get running(): boolean {
    return this.#life !== undefined
  }

  tell(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#life?.tell(message, transfer)
  }

  /** Gives a shard that began meanwhile its new road. */
  connect(message: ToWorker & { type: 'road' }): void {
    this.#life?.tell(message, [message.port])
  }

  async request(name: string, data: unknown): Promise<Response> {
    const life = this.#life
    if (life === undefined) return { ok: false, reason: 'the shard is down' }
    return life.request(name, data)
  }

  /** Drains the shard and ends its thread; one that does not answer in time is killed. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watchdog)
    clearTimeout(this.#backoff)
    const life = this.#life
    if (life !== undefined) {
      void life.request('stop', undefined)
      const late = new Promise<'late'>((resolve) => setTimeout(resolve, timeoutMs, 'late').unref())
      if ((await Promise.race([life.ended, late])) === 'late') {
        this.crashes++
        this.#parts.log.error({ shard: this.#parts.shard }, 'a shard did not stop in time')
      }
    }
    await this.#pool.destroy()
  }

  #begin(): WorkerLife {
    this.#heardMs = performance.now()
    const life = new WorkerLife(this.#pool, this.#parts.makeTask(), (message) => {
      this.#heardMs = performance.now()
      this.#fatal ||= message.type === 'fatal'
      this.#parts.hear(message)
    })
    this.#life = life
    void life.ended.then((end) => {
      this.#life = undefined
      if (end.type === 'crashed' && !this.#stopping) this.#crashed(end.reason)
    })
    return life
  }

  #crashed(reason: string): void {
    const { shard, log } = this.#parts
    this.crashes++
    if (this.#fatal) return
    if (reason.endsWith(`code: ${FATAL_EXIT}`)) {
      this.#parts.fatal(`shard ${shard} ended the node without a last word`)
      return
    }
    const delay = this.#window.next(performance.now())
    if (delay === 'failed') {
      this.#parts.fatal(`shard ${shard} crashed too often, last by: ${reason}`)
      return
    }
    log.error({ shard, reason, delay }, 'a shard crashed, another thread takes its place')
    this.#parts.died(reason)
    this.#backoff = setTimeout(() => {
      // The pool gives up on a module that fails while it loads.
      if (this.#pool.threads.length === 0) this.#cannotLoad(reason)
      else this.#begin()
    }, delay)
  }

  #cannotLoad(reason: string): void {
    if (this.#stopping || this.#fatal) return
    this.#fatal = true
    // A task that no thread will ever take is refused by this.
    void this.#pool.destroy()
    this.#parts.fatal(`shard ${this.#parts.shard} cannot load: ${reason}`)
  }

  /** Asks for a sign of life; nothing heard for long means that a turn does not end. */
  #watch(): void {
    const { shard, log, watchdogMs } = this.#parts
    // Loading the module takes its time.
    if (this.#life?.isReady !== true) return
    const silentMs = Math.round(performance.now() - this.#heardMs)
    const hung = silentMs > watchdogMs
    if (hung && !this.#hung) log.error({ shard, silentMs }, 'a shard does not answer')
    if (!hung && this.#hung) log.info({ shard }, 'a shard answers again')
    this.#hung = hung
    this.#life.tell({ type: 'ping' })
  }
}
