/** A memory store whose commits and reads happen when the test says so. */

import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import type { Done, StoreOp } from '../../../src/storage/store.ts'

export class SlowStore extends MemoryStore {
  readonly #tasks: (() => void)[]
  /** The ops of each commit so far, in order. */
  readonly commits: (readonly StoreOp[])[] = []

  constructor() {
    const tasks: (() => void)[] = []
    super((task) => tasks.push(task))
    this.#tasks = tasks
  }

  override commit(ops: readonly StoreOp[], done: Done<void>): void {
    this.commits.push(ops)
    super.commit(ops, done)
  }

  /** Answers what was asked by now, in order; false if there was nothing. */
  answer(): boolean {
    const tasks = this.#tasks.splice(0)
    for (const task of tasks) task()
    return tasks.length > 0
  }

  get waiting(): number {
    return this.#tasks.length
  }
}
