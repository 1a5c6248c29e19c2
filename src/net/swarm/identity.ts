/**
 * Who a node is on the links: a key pair and an incarnation, made once at first start. Keeping them is
 * the caller's part. From the same seed come the key pairs of both lanes, so one secret is kept.
 */

import { createHmac, randomBytes } from 'node:crypto'
import DHT from 'hyperdht'
import type { KeyPair } from './stack.ts'

/** What a node keeps in its data directory. Hex, so that it can stand in a text file. */
export interface NodeIdentity {
  /** 32 bytes; whoever has them can pose as this node. */
  readonly seed: string
  /** 32 bytes, follows from the seed. */
  readonly publicKey: string
  /** 16 random bytes: a node that lost its disk comes back as another incarnation. */
  readonly incarnation: string
}

/** A new identity. Call it once in the life of a data directory. */
export function createIdentity(): NodeIdentity {
  const seed = randomBytes(32).toString('hex')
  return { seed, publicKey: publicKeyOf(seed), incarnation: randomBytes(16).toString('hex') }
}

export function publicKeyOf(seed: string): string {
  return raftKeys(seed).publicKey.toString('hex')
}

/** The identity's own pair: the one that peers pin. */
export function raftKeys(seed: string): KeyPair {
  return DHT.keyPair(Buffer.from(seed, 'hex'))
}

/** A pair of its own for the bulk lane, because one connection per pair of keys is the rule. */
export function bulkKeys(seed: string): KeyPair {
  return DHT.keyPair(derive(Buffer.from(seed, 'hex'), 'bulk lane'))
}

/**
 * The pair of the door, the same for every node of every cluster: behind it one only learns whether
 * both know the same secret, and then each other's names and keys.
 */
export const doorKeys = (): KeyPair => DHT.keyPair(derive('', 'door'))

/** Under which members of one cluster find each other in the DHT. */
export function topicOf(secret: string, cluster: string): Buffer {
  return derive(secret, `topic ${cluster}`)
}

function derive(key: string | Uint8Array, purpose: string): Buffer {
  return createHmac('sha256', key).update(`plasma links ${purpose}`).digest()
}
