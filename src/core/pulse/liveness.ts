/**
 * Which shards of other nodes are alive, as their pulses tell. A shard that beats no more is silent; one
 * that beats under another life is another shard, even if it was never silent.
 */

export type Liveness = 'silent' | 'heard' | 'reborn'

export interface LivenessChange {
  readonly node: string
  readonly shard: number
  readonly now: Liveness
}

interface Heard {
  readonly node: string
  readonly shard: number
  life: number
  lastMs: number
  silent: boolean
}

export class PulseRecord {
  readonly #silenceMs: number
  readonly #heard = new Map<string, Heard>()

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs
  }

  /** Somebody cares about this shard from now on: it has a whole period to be heard. */
  expect(node: string, shard: number, nowMs: number): void {
    const name = nameOf(node, shard)
    if (this.#heard.has(name)) return
    this.#heard.set(name, { node, shard, life: 0, lastMs: nowMs, silent: false })
  }

  beat(node: string, shard: number, life: number, nowMs: number): LivenessChange | undefined {
    const heard = this.#heard.get(nameOf(node, shard))
    if (heard === undefined) {
      this.#heard.set(nameOf(node, shard), { node, shard, life, lastMs: nowMs, silent: false })
      return undefined
    }
    const { silent, life: before } = heard
    heard.lastMs = nowMs
    heard.silent = false
    heard.life = life
    if (before !== 0 && before !== life) return { node, shard, now: 'reborn' }
    return silent ? { node, shard, now: 'heard' } : undefined
  }

  /** Those that fell silent since the last look. */
  look(nowMs: number): readonly LivenessChange[] {
    const fallen: LivenessChange[] = []
    for (const heard of this.#heard.values()) {
      if (heard.silent || nowMs - heard.lastMs <= this.#silenceMs) continue
      heard.silent = true
      fallen.push({ node: heard.node, shard: heard.shard, now: 'silent' })
    }
    return fallen
  }

  isSilent(node: string, shard: number): boolean {
    return this.#heard.get(nameOf(node, shard))?.silent ?? false
  }
}

const nameOf = (node: string, shard: number): string => `${node} ${shard}`
