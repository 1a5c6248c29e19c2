/**
 * The handshake of a lane (docs/links.md, 2): hello, introduction, verdict, each both ways. Nothing is
 * told to a peer before it proved a cluster secret, and no frame passes before both verdicts.
 *
 * A failed handshake is an outcome with a reason; only bugs throw. The caller closes the lane.
 */

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

/** `refused`: someone said no; `broken`: the connection ended or made no sense. */
export type Meeting =
  | { readonly met: true; readonly partner: Partner }
  | { readonly met: false; readonly why: 'refused' | 'broken'; readonly reason: string }

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
    if (purpose !== undefined) sayHello(lane, party, purpose, ours)
    const hello = decodeHello(await lane.next())
    if (purpose === undefined) sayHello(lane, party, hello.purpose, ours)
    if (purpose !== undefined && hello.purpose !== purpose) return broken('for another purpose')
    const secret = provedSecret(party.secrets, hello, theirs)
    if (secret === undefined) return refused('it does not know the cluster secret')
    const wireVersion = commonVersion(party.versions, hello)
    if (wireVersion === undefined) return refused(versionMismatch(party, hello))
    lane.say(encodeIntroduction(party.introduction, secret, ours))
    const introduction = decodeIntroduction(await lane.next(), party.secrets, theirs)
    if (introduction === undefined) return refused('its introduction is not proved')
    return { met: true, partner: { introduction, purpose: hello.purpose, wireVersion } }
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
      if (!own.accepted) return own
    }
    const other = decodeVerdict(await lane.next())
    if (!other.accepted || !decides) return other
    const own = await judge()
    lane.say(encodeVerdict(own))
    return own
  } catch (error) {
    return { accepted: false, reason: sentence(error) }
  } finally {
    clearTimeout(limit)
  }
}

function sayHello(lane: Lane, party: Party, purpose: Purpose, binding: Binding): void {
  const { min, max } = party.versions
  lane.say(
    encodeHello({
      protocol: 'plasma link',
      minVersion: min,
      maxVersion: max,
      purpose,
      proofs: party.secrets.map((secret) => proveSecret(secret, purpose, binding)),
    }),
  )
}

interface Offer {
  readonly minVersion: number
  readonly maxVersion: number
}

function commonVersion(ours: VersionRange, theirs: Offer): number | undefined {
  const best = Math.min(ours.max, theirs.maxVersion)
  return best >= ours.min && best >= theirs.minVersion ? best : undefined
}

function versionMismatch(party: Party, { minVersion, maxVersion }: Offer): string {
  const { min, max } = party.versions
  return `it speaks wire versions ${minVersion} to ${maxVersion}, this node ${min} to ${max}`
}

const refused = (reason: string): Meeting => ({ met: false, why: 'refused', reason })
const broken = (reason: string): Meeting => ({ met: false, why: 'broken', reason })

function sentence(error: unknown): string {
  if (error instanceof MalformedMessage) return error.message
  return error instanceof Error ? error.message : String(error)
}
