/**
 * The messages of the handshake and the proofs in them. Every proof is an HMAC under a cluster secret
 * over the hash of this very connection and the role of its maker: it can be neither replayed on
 * another connection nor reflected.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Bytes } from '../../base/bytes.ts'
import { pack, unpack } from '../../wire/pack.ts'
import { bytes, count, list, oneOf, type StructSchema, struct, text } from '../../wire/schema.ts'

/** What a connection is for. `door` asks who lives at an address. */
export type Purpose = 'raft' | 'bulk' | 'door'

/**
 * First message: which wire versions, and a proof per secret that tells nothing else. The end that was
 * called proves nothing before the caller did.
 */
export interface Hello {
  readonly protocol: 'plasma link'
  readonly minVersion: number
  readonly maxVersion: number
  readonly purpose: Purpose
  readonly proofs: readonly Bytes[]
}

/** Second message, only after the other's proof held: who speaks. */
export interface Introduction {
  readonly cluster: string
  readonly name: string
  readonly publicKey: string
  readonly incarnation: string
  /** Drawn at each opening of the links: tells a restarted peer from a reconnecting one. */
  readonly life: string
  readonly shards: number
  readonly clientUrl: string
  readonly host: string
  readonly port: number
  /** Public key of this node's bulk lane. */
  readonly bulkKey: string
  /** On the bulk lane, the handshake hash of the raft lane it belongs to. */
  readonly ticket: string
}

/**
 * Third message: whether the speaker takes the other as its link. `later` means that this connection is
 * not wanted, another one may be; `identity` that this node is not.
 */
export interface Verdict {
  readonly answer: 'accepted' | 'later' | 'identity'
  readonly reason: string
}

/** What a node can be turned away for. */
export type RefusalCause = 'secret' | 'version' | 'cluster' | 'identity'

const HASH = 32
const MAX_SECRETS = 8
const hexText = (length: number) => text(2 * length)

const hello: StructSchema<Hello> = struct<Hello>({
  protocol: oneOf('plasma link'),
  minVersion: count,
  maxVersion: count,
  purpose: oneOf('raft', 'bulk', 'door'),
  proofs: list(bytes(HASH), MAX_SECRETS),
})

const introduction: StructSchema<Introduction> = struct<Introduction>({
  cluster: text(256),
  name: text(256),
  publicKey: hexText(32),
  incarnation: hexText(16),
  life: hexText(16),
  shards: count,
  clientUrl: text(256),
  host: text(256),
  port: count,
  bulkKey: hexText(32),
  ticket: hexText(64),
})

const signed = struct<{ introduction: Introduction; mac: Bytes }>({
  introduction,
  mac: bytes(HASH),
})

const verdict: StructSchema<Verdict> = struct<Verdict>({
  answer: oneOf('accepted', 'later', 'identity'),
  reason: text(1024),
})

/** What a proof is bound to, besides the secret. */
export interface Binding {
  readonly handshakeHash: Bytes
  /** Whether the maker of the proof opened the connection. */
  readonly byInitiator: boolean
}

export const encodeHello = (it: Hello): Bytes => pack(hello.encode(it))
export const decodeHello = (from: Bytes): Hello => hello.decode(unpack(from))
export const encodeVerdict = (it: Verdict): Bytes => pack(verdict.encode(it))
export const decodeVerdict = (from: Bytes): Verdict => verdict.decode(unpack(from))

/** Proof of knowing a secret, without a word about who knows it. */
export function proveSecret(secret: string, purpose: Purpose, binding: Binding): Bytes {
  return prove(secret, binding, 'secret', purpose)
}

/** The first of our secrets that the other end has proved, if any. */
export function provedSecret(
  secrets: readonly string[],
  theirs: Hello,
  binding: Binding,
): string | undefined {
  return secrets.find((secret) => {
    const expected = proveSecret(secret, theirs.purpose, binding)
    return theirs.proofs.some((proof) => same(proof, expected))
  })
}

export function encodeIntroduction(it: Introduction, secret: string, binding: Binding): Bytes {
  const mac = proveIntroduction(secret, it, binding)
  return pack(signed.encode({ introduction: it, mac }))
}

/** Undefined when its proof does not hold under any of our secrets. */
export function decodeIntroduction(
  from: Bytes,
  secrets: readonly string[],
  binding: Binding,
): Introduction | undefined {
  const { introduction: it, mac } = signed.decode(unpack(from))
  const held = secrets.some((secret) => same(mac, proveIntroduction(secret, it, binding)))
  return held ? it : undefined
}

function proveIntroduction(secret: string, it: Introduction, binding: Binding): Bytes {
  return prove(secret, binding, 'introduction', pack(introduction.encode(it)))
}

function prove(secret: string, binding: Binding, what: string, about: string | Bytes): Bytes {
  const mac = createHmac('sha256', secret)
  mac.update(`plasma link ${what} ${binding.byInitiator ? 'initiator' : 'responder'}`)
  mac.update(binding.handshakeHash)
  return new Uint8Array(mac.update(about).digest())
}

const same = (a: Bytes, b: Bytes): boolean => a.length === b.length && timingSafeEqual(a, b)
