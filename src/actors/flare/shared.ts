/** Questions that several ask at the same time: asked once, answered to all. */

export class Shared<Key, Answer> {
  readonly #waiting = new Map<Key, ((answer: Answer) => void)[]>()

  /** `ask` is only called when nobody waits for this key yet. */
  ask(
    key: Key,
    ask: (done: (answer: Answer) => void) => void,
    done: (answer: Answer) => void,
  ): void {
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    this.#waiting.set(key, [done])
    ask((answer) => {
      const all = this.#waiting.get(key) ?? []
      this.#waiting.delete(key)
      for (const each of all) each(answer)
    })
  }
}
