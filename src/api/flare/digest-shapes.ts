/** What replicas found on their disks, in protobuf's shape. */

import type { RegionDigests, ReplicaDigest } from '../../actors/flare/flare.ts'
import {
  type DigestResponse,
  ReplicaState,
  type ReplicaDigest as Shape,
} from '../../wire/proto/flaredb/v1/flaredb.ts'

export const digestsOf = ({ index, replicas }: RegionDigests): DigestResponse => ({
  index: BigInt(index),
  replicas: replicas.map(replicaOf),
})

function replicaOf({ peer, found }: ReplicaDigest): Shape {
  const shape = { store: peer.store, learner: peer.role === 'learner', ...NOTHING }
  switch (found.found) {
    case 'whole': {
      const { rows, bytes, hash } = found
      return {
        ...shape,
        state: ReplicaState.HASHED,
        rows: BigInt(rows),
        bytes: BigInt(bytes),
        hash,
      }
    }
    case 'corrupt':
      return { ...shape, state: ReplicaState.CORRUPT, text: found.text }
    case 'over':
      return { ...shape, state: ReplicaState.DISTURBED }
    case 'silent':
      return { ...shape, state: ReplicaState.BEHIND }
  }
}

const NOTHING = { rows: 0n, bytes: 0n, hash: 0n, text: '' }
