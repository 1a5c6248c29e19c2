/** The header of every answer: which cluster and member, at which revision and term. */

import type { Header } from '../../actors/chainfire.ts'
import type { ResponseHeader } from '../../wire/proto/etcdserverpb/header.ts'
import type { Membership } from './member-list.ts'

export function headerOf({ clusterId, memberId }: Membership, header: Header): ResponseHeader {
  return {
    clusterId,
    memberId,
    revision: BigInt(header.revision),
    raftTerm: BigInt(header.term),
  }
}
