/** Branded names, so that a node's name can never be passed where a group's is meant. */

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** The name a node carries in the config, unique in its cluster. */
export type NodeName = Brand<string, 'NodeName'>
/** The name of a Raft group, unique in its cluster: `chainfire`, later `region-17`. */
export type GroupId = Brand<string, 'GroupId'>
/** A member of one Raft group. Ids only grow: a peer that was removed never comes back under its id. */
export type PeerId = Brand<number, 'PeerId'>
/** A lease's id: any signed 64-bit number but zero. */
export type LeaseId = Brand<bigint, 'LeaseId'>

export const nodeName = (name: string): NodeName => name as NodeName
export const groupId = (name: string): GroupId => name as GroupId
export const peerId = (id: number): PeerId => id as PeerId
export const leaseId = (id: bigint): LeaseId => id as LeaseId
