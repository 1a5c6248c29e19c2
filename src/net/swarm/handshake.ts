/**
 * The handshake of a lane (docs/links.md, 2): hello, introduction, verdict, each both ways. Nothing is
 * told to a peer before it proved a cluster secret, and no frame passes before both verdicts.
 *
 * A failed handshake is an outcome with a reason; only bugs throw. The caller closes the lane.
 */

import type { Bytes } from '../../base/bytes.ts'
import { MalformedMessage } from '../../wire/schema.ts'
import type { Lane } from './lane.ts'
import {
  type Binding,
  decodeHello,
  decodeIntroduction,
  decodeVerdict,
  encodeHello,
  encodeIntroduction,
  encodeVerdict,
  type Introduction,
  type Purpose,
  provedSecret,
  proveSecret,
  type RefusalCause,
  type Verdict,
} from './proof.ts'

/** A handshake that takes longer has failed. */
export const HANDSHAKE_MS = 2_000

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What an end brings to a handshake. */
export interface Party {
  readonly secrets: readonly string[]
  readonly versions: VersionRange
  readonly introduction: Introduction
}

/** The other end, once it proved to be a member. */
export interface Partner {
  readonly introduction: Introduction
  readonly purpose: Purpose
  readonly wireVersion: number
}

/** Without a cause the connection ended or made no sense; with one it is useless to try again soon. */
export type Meeting =
  | { readonly met: true; readonly partner: Partner }
  | { readonly met: false; readonly cause?: RefusalCause; readonly reason: string }

/** Hello and introduction. `purpose` is undefined at the end that was called: it takes the caller's. */
export async function meet(
  lane: Lane,
  party: Party,
  purpose: Purpose | undefined,
): Promise<Meeting> {
  const ours: Binding = { handshakeHash: lane.handshakeHash, byInitiator: lane.initiator }
  const theirs: Binding = { handshakeHash: lane.handshakeHash, byInitiator: !lane.initiator }
  const limit = setTimeout(() => lane.close('the handshake took too long'), HANDSHAKE_MS)
  try {
    if (purpose !== undefined) lane.say(hello(party, party.secrets, purpose, ours))
    const other = decodeHello(await lane.next())
    const secret = provedSecret(party.secrets, other, theirs)
    if (purpose === undefined) {
      lane.say(hello(party, secret === undefined ? [] : party.secrets, other.purpose, ours))
    }
    if (secret === undefined) return refused('secret', 'the two know no cluster secret in common')
    const wireVersion = commonVersion(party.versions, other)
    if (wireVersion === undefined) return refused('version', versionMismatch(party.versions, other))
    lane.trust()
    lane.say(encodeIntroduction(party.introduction, secret, ours))
    const introduction = decodeIntroduction(await lane.next(), party.secrets, theirs)
    if (introduction === undefined) return refused('secret', 'its introduction is not proved')
    return { met: true, partner: { introduction, purpose: other.purpose, wireVersion } }
  } catch (error) {
    return broken(sentence(error))
  } finally {
    clearTimeout(limit)
  }
}

/**
 * Verdicts. The end that `decides` hears the other's first, so that of two connections made at once
 * both ends keep the same one.
 */
export async function agree(
  lane: Lane,
  decides: boolean,
  judge: () => Promise<Verdict>,
): Promise<Verdict> {
  const limit = setTimeout(() => lane.close('the handshake took too long'), HANDSHAKE_MS)
  try {
    if (!decides) {
      const own = await judge()
      lane.say(encodeVerdict(own))
      if (own.answer !== 'accepted') return own
    }
    const other = decodeVerdict(await lane.next())
    if (other.answer !== 'accepted' || !decides) return other
    const own = await judge()
    lane.say(encodeVerdict(own))
    return own
  } catch (error) {
    return { answer: 'later', reason: sentence(error) }
  } finally {
    clearTimeout(limit)
  }
}

function hello(
  { versions }: Party,
  secrets: readonly string[],
  purpose: Purpose,
  binding: Binding,
): Bytes {
  return encodeHello({
    protocol: 'plasma link',
    minVersion: versions.min,
    maxVersion: versions.max,
    purpose,
    proofs: secrets.map((secret) => proveSecret(secret, purpose, binding)),
  })
}

interface Offer {
  readonly minVersion: number
  readonly maxVersion: number
}

function commonVersion(ours: VersionRange, theirs: Offer): number | undefined {
  const best = Math.min(ours.max, theirs.maxVersion)
  return best >= ours.min && best >= theirs.minVersion ? best : undefined
}

function versionMismatch(ours: VersionRange, theirs: Offer): string {
  const range = `${theirs.minVersion} to ${theirs.maxVersion}`
  return `it speaks wire versions ${range}, this node ${ours.min} to ${ours.max}`
}

const refused = (cause: RefusalCause, reason: string): Meeting => ({ met: false, cause, reason })
const broken = (reason: string): Meeting => ({ met: false, reason })

function sentence(error: unknown): string {
  if (error instanceof MalformedMessage) return error.message
  return error instanceof Error ? error.message : String(error)
}
