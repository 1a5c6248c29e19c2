/** Which shard of a node carries an actor: decided by its kind's placement, the same on every node. */

import { must } from '../base/assert.ts'
import { type Address, shardOfKey } from './address.ts'
import type { ChildSpec, Placement, SupervisionTree } from './supervision.ts'

/** The kind of addresses that belong to no actor; their key begins with their shard's number. */
export const OUTSIDE = 'outside'

export class Placements {
  readonly #tree: SupervisionTree
  readonly #specs = new Map<string, ChildSpec>()

  constructor(tree: SupervisionTree) {
    this.#tree = tree
    for (const spec of tree) this.#specs.set(spec.kind, spec)
  }

  spec(kind: string): ChildSpec {
    return must(this.#specs.get(kind), `the supervision tree has no kind ${kind}`)
  }

  /** Where a kind stands in the tree. */
  order(kind: string): number {
    return this.#tree.indexOf(this.spec(kind))
  }

  /** The shard that carries this actor on a node with so many workers; undefined for a kind unknown here. */
  shardOf(to: Address, workers: number): number | undefined {
    if (to.kind === OUTSIDE) return leadingNumber(to.key)
    const placement = this.#specs.get(to.kind)?.placement
    return placement === undefined ? undefined : shardFor(placement, to.key, workers)
  }

  /** The keys of each kind that start with this shard, in the tree's order. */
  childrenOf(shard: number, workers: number): { spec: ChildSpec; key: string }[] {
    return this.#tree.flatMap((spec) => {
      const keys = spec.placement === 'each-shard' ? [String(shard)] : spec.keys
      return keys
        .filter((key) => shardFor(spec.placement, key, workers) === shard)
        .map((key) => ({ spec, key }))
    })
  }
}

function shardFor(placement: Placement, key: string, workers: number): number {
  if (placement === 'main') return 0
  return placement === 'key' ? shardOfKey(key, workers) : leadingNumber(key)
}

function leadingNumber(key: string): number {
  const number = Number.parseInt(key, 10)
  return Number.isNaN(number) ? 0 : number
}
