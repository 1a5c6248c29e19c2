/**
 * What the etcd services must know of the cluster besides Chainfire's data: who is in it, under which
 * ids and URLs, and how full this node's disk is. `node` supplies it; nothing here asks anybody.
 */

/** One row of etcd's member list. Ids are those of `ids.ts`. */
export interface Member {
  readonly id: bigint
  readonly name: string
  readonly peerUrls: readonly string[]
  /** As clients may dial them: `http://host:port`. */
  readonly clientUrls: readonly string[]
  readonly learner: boolean
}

/** Bytes on this node's disk. */
export interface StorageSizes {
  readonly allocatedBytes: number
  readonly inUseBytes: number
  /** 0: no quota is set. */
  readonly quotaBytes: number
}

/** A view of the moment; cheap, because every answer's header asks. */
export interface Membership {
  readonly clusterId: bigint
  /** This node's own id. */
  readonly memberId: bigint
  members(): readonly Member[]
  /** The id under which clients know the node of this name. */
  idOf(name: string): bigint | undefined
  sizes(): StorageSizes
}
