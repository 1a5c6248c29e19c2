/**
 * `POST /debug/groups?puts=N&at_once=M`: puts into every Raft group of this node, which no client API
 * reaches but Chainfire's. For tests and benches of many groups; only where the config has some, or allows faults.
 */

import type { Chainfire } from '../actors/chainfire.ts'
import { json, onlyMethod, type Page } from '../admin/page.ts'
import type { GroupId } from '../base/ids.ts'
import type { Command } from '../core/kv/types.ts'

export interface GroupLoadResult {
  readonly group: string
  readonly acknowledged: number
  readonly failed: number
  /** The longest time without an acknowledgement. */
  readonly longestPauseMs: number
}

const encoder = new TextEncoder()

export function groupLoadPage(faces: ReadonlyMap<GroupId, Chainfire>): Page {
  return onlyMethod('POST', async ({ url }) => {
    const puts = Number(url.searchParams.get('puts') ?? 100)
    const atOnce = Number(url.searchParams.get('at_once') ?? 1)
    const loads = [...faces].map(([group, face]) => new GroupLoad(group, face))
    return json(200, await Promise.all(loads.map((load) => load.run(puts, atOnce))))
  })
}

class GroupLoad {
  readonly #group: string
  readonly #face: Chainfire
  #acknowledged = 0
  #failed = 0
  #lastAt = performance.now()
  #longestPauseMs = 0

  constructor(group: string, face: Chainfire) {
    this.#group = group
    this.#face = face
  }

  async run(puts: number, atOnce: number): Promise<GroupLoadResult> {
    let left = puts
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#put(left)
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    return {
      group: this.#group,
      acknowledged: this.#acknowledged,
      failed: this.#failed,
      longestPauseMs: Math.round(this.#longestPauseMs),
    }
  }

  async #put(number: number): Promise<void> {
    const { ok } = await this.#face.write(putCommand(`load/${number % 100}`))
    if (!ok) {
      this.#failed++
      return
    }
    this.#acknowledged++
    const now = performance.now()
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastAt)
    this.#lastAt = now
  }
}

const VALUE = new Uint8Array(256).fill(118)

function putCommand(key: string): Command {
  const request = {
    key: encoder.encode(key),
    value: VALUE,
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  }
  return { op: 'put', request }
}
