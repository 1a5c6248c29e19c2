/** The 64-bit ids by which etcd's clients know clusters and members, derived from names. */

import { createHash } from 'node:crypto'

/** The same on every node; never 0, which means nobody. */
export const clusterId = (cluster: string): bigint => idOf(`cluster\0${cluster}`)

export const memberId = (cluster: string, node: string): bigint =>
  idOf(`member\0${cluster}\0${node}`)

function idOf(text: string): bigint {
  const id = createHash('sha256').update(text).digest().readBigUInt64BE()
  return id === 0n ? 1n : id
}
