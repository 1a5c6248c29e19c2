/**
 * What a router knows of namespaces and regions, and how it learns more: from the driver when it knows
 * nothing, from regions that refuse. Everything here may be old; regions and driver refuse what is.
 */

import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { RouteCache } from '../../core/region/route-cache.ts'
import type { Namespace, NamespaceId, RoutedRegion } from '../../core/region/types.ts'
import type { Outside } from '../../runtime/outside.ts'
import type {
  DriverNamespaces,
  DriverNamespacesAre,
  DriverRoutesAre,
} from '../../wire/messages/driver.ts'
import { Attempt } from './attempt.ts'
import type { DriverCalls } from './driver-calls.ts'
import { bad, type Done, good, type Outcome, type Problem } from './outcome.ts'
import { Shared } from './shared.ts'

const MAX_REGIONS = 65_536
const MAX_NAMESPACES = 4096
/** A namespace known for longer is asked for anew, beside the call that meets it. */
const FRESH_MS = 10_000
const LOOKUP_MS = 4000
const REGIONS_AT_ONCE = 64

/** Where in a namespace: at a key, or right below one. */
export interface Spot {
  readonly namespace: NamespaceId
  readonly key: Bytes
  readonly below: boolean
}

/** Things that one region holds. */
export interface Part<T> {
  readonly region: RoutedRegion
  readonly items: readonly T[]
}

interface Known {
  readonly namespace: Namespace
  readonly sinceMs: number
}

export class Directory {
  readonly cache: RouteCache = new RouteCache(MAX_REGIONS)
  readonly #outside: Outside
  readonly #driver: DriverCalls
  readonly #namespaces = new Map<string, Known>()
  readonly #lookups = new Shared<NamespaceId, Outcome<undefined>>()
  readonly #names = new Shared<string, Outcome<Namespace>>()

  constructor(outside: Outside, driver: DriverCalls) {
    this.#outside = outside
    this.#driver = driver
  }

  namespace(name: string, attempt: Attempt, done: Done<Namespace>): void {
    const known = this.#namespaces.get(name)
    if (known === undefined) {
      this.#askName(name, (told) => {
        if (told.ok || told.problem.reason !== 'unavailable') {
          done(told)
          return
        }
        const retry = () => this.namespace(name, attempt, done)
        attempt.again(0, told.problem, retry, (problem) => done({ ok: false, problem }))
      })
      return
    }
    if (this.#outside.nowMs() - known.sinceMs > FRESH_MS) this.#askName(name, () => {})
    done(good(known.namespace))
  }

  /** The region that holds the spot; asks until it knows or the time is over. */
  region(spot: Spot, attempt: Attempt, done: Done<RoutedRegion>): void {
    const known = this.#find(spot)
    if (known !== undefined) {
      done(good(known))
      return
    }
    this.#lookUp(spot, (looked) => {
      const found = this.#find(spot)
      if (found !== undefined) {
        done(good(found))
        return
      }
      if (!looked.ok && looked.problem.reason !== 'unavailable') {
        done(looked)
        return
      }
      const problem = looked.ok ? NO_REGION : looked.problem
      const retry = () => this.region(spot, attempt, done)
      attempt.again(0, problem, retry, (last) => done({ ok: false, problem: last }))
    })
  }

  /** Puts things that lie at keys together by their regions, in the order of their first things. */
  group<T>(
    namespace: NamespaceId,
    things: readonly T[],
    keyOf: (thing: T) => Bytes,
    attempt: Attempt,
    done: Done<readonly Part<T>[]>,
  ): void {
    const parts = new Map<RoutedRegion, T[]>()
    for (const thing of things) {
      const region = this.cache.at(namespace, keyOf(thing))
      if (region === undefined) {
        const spot = { namespace, key: keyOf(thing), below: false }
        this.region(spot, attempt, (found) => {
          if (found.ok) this.group(namespace, things, keyOf, attempt, done)
          else done(found)
        })
        return
      }
      const part = parts.get(region)
      if (part === undefined) parts.set(region, [thing])
      else part.push(thing)
    }
    done(good([...parts].map(([region, items]) => ({ region, items }))))
  }

  /** Its regions are nowhere: perhaps it was dropped, and made anew. */
  doubt(namespace: NamespaceId): void {
    this.cache.forgetNamespace(namespace)
    for (const [name, known] of this.#namespaces) {
      if (known.namespace.id === namespace) this.#namespaces.delete(name)
    }
  }

  #find({ namespace, key, below }: Spot): RoutedRegion | undefined {
    return below ? this.cache.below(namespace, key) : this.cache.at(namespace, key)
  }

  #lookUp({ namespace, key, below }: Spot, done: (outcome: Outcome<undefined>) => void): void {
    const from = below ? closelyBelow(key) : key
    const question = { kind: 'driver.routes', namespace, from, limit: REGIONS_AT_ONCE }
    const ask = (told: (outcome: Outcome<undefined>) => void): void =>
      this.#driver.read<DriverRoutesAre>(question, this.#patience(), (outcome) => {
        if (!outcome.ok) {
          if (outcome.problem.reason === 'not-found') this.doubt(namespace)
          told(outcome)
          return
        }
        for (const region of outcome.value.regions) this.cache.learn(region)
        told(good(undefined))
      })
    this.#lookups.ask(namespace, ask, done)
  }

  #askName(name: string, done: Done<Namespace>): void {
    const question: DriverNamespaces = { kind: 'driver.namespaces', name }
    const ask = (told: Done<Namespace>): void =>
      this.#driver.read<DriverNamespacesAre>(question, this.#patience(), (outcome) =>
        told(outcome.ok ? this.#noted(name, outcome.value) : outcome),
      )
    this.#names.ask(name, ask, done)
  }

  #noted(name: string, { namespaces }: DriverNamespacesAre): Outcome<Namespace> {
    const namespace = namespaces[0]?.namespace
    if (namespace === undefined) {
      this.#namespaces.delete(name)
      return bad('not-found', `there is no namespace ${name}; create it: flaredb ns create ${name}`)
    }
    if (this.#namespaces.size >= MAX_NAMESPACES) this.#namespaces.clear()
    this.#namespaces.set(name, { namespace, sinceMs: this.#outside.nowMs() })
    return good(namespace)
  }

  #patience(): Attempt {
    return new Attempt(this.#outside, LOOKUP_MS)
  }
}

const NO_REGION: Problem = {
  reason: 'unavailable',
  text: 'the placement driver knows of no region for this key yet',
}

/**
 * A key so close below that regions from there on include the one before `key`, whatever lies between. Empty
 * stands for the end of the namespace.
 */
function closelyBelow(key: Bytes): Bytes {
  const last = key.at(-1)
  const head = key.subarray(0, -1)
  if (last === 0) return head
  return last === undefined ? HIGHEST : concatBytes(head, Uint8Array.of(last - 1), HIGHEST)
}

const HIGHEST = new Uint8Array(32).fill(0xff)
