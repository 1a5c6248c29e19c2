/**
 * Links over hyperswarm: every member listens on one UDP port, meets the others at the bootstrap
 * addresses or under the cluster's topic, and keeps one link to each of them. See docs/links.md.
 *
 * Promises what `Links` promises. A wrong secret, another cluster or a refused identity is told in the
 * log and tried again after five seconds; no event is emitted for it.
 */

import { randomBytes } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import { WIRE_VERSIONS } from '../../wire/frame.ts'
import type { LinkLane, LinkPeer, Links } from '../link.ts'
import { Caller } from './caller.ts'
import { type Contact, Contacts, type DialOutcome, REFUSAL_MS } from './contacts.ts'
import { openEndpoint, parseEndpoint, resolve, sameEndpoint } from './endpoint.ts'
import { Faults, type LinkFaults } from './faults.ts'
import { bulkKeys, doorKeys, raftKeys, topicOf } from './identity.ts'
import { Lane } from './lane.ts'
import { Ledger } from './ledger.ts'
import { MeetingPlaces } from './meeting-places.ts'
import type { Introduction } from './proof.ts'
import { Reception } from './reception.ts'
import { Servers } from './servers.ts'
import type { Session, SessionEvents } from './session.ts'
import { Sessions } from './sessions.ts'
import type { Dht, Endpoint, KeyPair } from './stack.ts'
import type { Refusal, RememberedPeer, SwarmOptions } from './swarm-options.ts'

export interface SwarmLinks extends Links {
  /** What was bound: asked port 0, this is the port. */
  readonly address: Endpoint
  readonly faults: LinkFaults
}

/** Binds the port and starts to connect. Rejects with one sentence when it cannot listen. */
export async function openSwarmLinks(options: SwarmOptions): Promise<SwarmLinks> {
  assert(options.secrets.length > 0, 'links need at least one cluster secret')
  const bootstrap = options.bootstrap.map(parseEndpoint)
  const { dht, address } = await openEndpoint(options.host, options.port, bootstrap)
  const links = new HyperswarmLinks(options, dht, address)
  links.start(bootstrap)
  return links
}

/** A link that lived shorter is not redialled at once, or a peer that is rejected would spin. */
const SHORT_LIFE_MS = 1_000

class HyperswarmLinks implements SwarmLinks {
  readonly address: Endpoint
  readonly faults: Faults
  readonly #options: SwarmOptions
  readonly #caller: Caller
  readonly #servers: Servers
  readonly #sessions: Sessions
  readonly #contacts: Contacts
  readonly #places: MeetingPlaces
  readonly #reception: Reception
  readonly #ledger = new Ledger()
  readonly #raftKeys: KeyPair
  readonly #bulkKeys: KeyPair
  readonly #life = randomBytes(16).toString('hex')
  readonly #toldAt = new Map<string, number>()
  #closed = false

  constructor(options: SwarmOptions, dht: Dht, address: Endpoint) {
    this.#options = options
    this.address = address
    this.#raftKeys = raftKeys(options.identity.seed)
    this.#bulkKeys = bulkKeys(options.identity.seed)
    this.#caller = new Caller(dht)
    this.#servers = new Servers(dht, (stream, purpose) => {
      void this.#reception.receive(new Lane(stream), purpose)
    })
    this.#sessions = new Sessions(options.clock)
    this.#contacts = new Contacts(options.identity.publicKey, options.random, {
      dial: (contact) => this.#dial(contact),
      connected: (publicKey) => this.#sessions.withKey(publicKey) !== undefined,
    })
    this.#places = new MeetingPlaces(options.random, {
      knock: (at) => this.#knock(at),
      reached: (at) => this.#reached(at),
      found: (contact) => this.#contacts.learn(contact),
    })
    this.#reception = this.#openReception()
    this.faults = new Faults((peer, { incoming, outgoing }) => {
      this.#sessions.get(peer)?.block(incoming, outgoing)
    })
  }

  start(bootstrap: readonly Endpoint[]): void {
    const { secrets, cluster, remembered } = this.#options
    const swarm = this.#servers.listen(this.#raftKeys, this.#bulkKeys, doorKeys())
    for (const { name, publicKey, host, port } of remembered?.known ?? []) {
      this.#ledger.of(name)
      this.#contacts.learn({ name, publicKey, addresses: [{ host, port }] })
    }
    this.#places.visit(bootstrap.filter((at) => !sameEndpoint(at, this.address)))
    for (const secret of secrets) this.#places.announce(swarm, topicOf(secret, cluster))
  }

  send(to: NodeName, lane: LinkLane, frame: Bytes): boolean {
    const session = this.#sessions.get(to)
    const account = this.#ledger.of(to)
    if (session?.send(lane, frame) !== true) {
      account.droppedFrames++
      return false
    }
    account.sentBytes += frame.length
    return true
  }

  reject(peer: NodeName, reason: string): void {
    this.#sessions.get(peer)?.end(`rejected: ${reason}`)
  }

  peers(): readonly LinkPeer[] {
    return this.#ledger.rows((name) => this.#sessions.get(name)?.up === true)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#places.close()
    this.#contacts.close()
    this.#sessions.close()
    this.#caller.close()
    await this.#servers.close()
  }

  async #dial(contact: Contact): Promise<DialOutcome> {
    const key = Buffer.from(contact.publicKey, 'hex')
    const lane = await this.#caller.call(key, this.#raftKeys, contact.addresses)
    if (lane === undefined || this.#closed) return 'failed'
    const { outcome, session, bulkKey } = await this.#reception.call(lane)
    if (session === undefined || bulkKey === undefined) return outcome
    const at = lane.remoteAddress
    const bulk = await this.#caller.call(
      Buffer.from(bulkKey, 'hex'),
      this.#bulkKeys,
      at ? [at] : contact.addresses,
    )
    if (bulk === undefined) {
      session.end('its bulk lane cannot be opened')
      return 'failed'
    }
    await this.#reception.callBulk(bulk, session)
    return session.up ? 'connected' : 'failed'
  }

  async #knock(at: Endpoint): Promise<void> {
    const lane = await this.#caller.call(doorKeys().publicKey, this.#raftKeys, [await resolve(at)])
    if (lane !== undefined) await this.#reception.knock(lane)
  }

  #reached(at: Endpoint): boolean {
    return this.#contacts
      .all()
      .some(
        ({ publicKey, addresses }) =>
          addresses.some((address) => sameEndpoint(address, at)) &&
          this.#sessions.withKey(publicKey) !== undefined,
      )
  }

  #openReception(): Reception {
    const { secrets, versions, clock, admit } = this.#options
    return new Reception({
      party: { secrets, versions: versions ?? WIRE_VERSIONS, introduction: this.#introduce() },
      sessions: this.#sessions,
      admit,
      now: () => clock.monotonicMs(),
      events: this.#sessionEvents(),
      learnt: (contact) => this.#contacts.learn(contact),
      unwanted: (publicKey) => {
        if (this.#contacts.forget(publicKey)) this.#remember()
      },
      refused: (refusal) => this.#tellRefusal(refusal),
      blocked: ({ name }) => this.faults.has(name),
    })
  }

  #introduce(): Introduction {
    const { cluster, node, identity, shards, clientUrl } = this.#options
    return {
      cluster,
      name: node,
      publicKey: identity.publicKey,
      incarnation: identity.incarnation,
      life: this.#life,
      shards,
      clientUrl,
      ...this.address,
      bulkKey: this.#bulkKeys.publicKey.toString('hex'),
      ticket: '',
    }
  }

  #sessionEvents(): SessionEvents {
    const { events, log } = this.#options
    return {
      onUp: ({ peer }) => {
        log.info({ peer: peer.name, wire: peer.wireVersion }, 'link is up')
        this.#contacts.settled(peer.name, peer.publicKey)
        this.#remember()
        events.up(peer)
      },
      onFrame: ({ peer }, lane, frame) => {
        this.#ledger.of(peer.name).receivedBytes += frame.length
        events.frame(peer, lane, frame)
      },
      onEnd: (session, reason, wasUp) => this.#ended(session, reason, wasUp),
    }
  }

  #ended(session: Session, reason: string, wasUp: boolean): void {
    const { peer } = session
    this.#sessions.remove(session)
    if (wasUp) {
      this.#options.log.warn({ peer: peer.name, reason }, 'link is down')
      this.#options.events.down(peer, reason)
    }
    const lived = wasUp && this.#options.clock.monotonicMs() - session.openedAt > SHORT_LIFE_MS
    this.#contacts.lost(peer.publicKey, lived)
  }

  #tellRefusal(refusal: Refusal): void {
    const now = this.#options.clock.monotonicMs()
    for (const [who, at] of this.#toldAt) if (now - at >= REFUSAL_MS) this.#toldAt.delete(who)
    const { host, port } = refusal.address ?? {}
    const who = `${host}:${port}`
    if (this.#toldAt.has(who)) return
    this.#toldAt.set(who, now)
    this.#options.log.warn(refusal, 'no link to this node')
    this.#options.onRefused?.(refusal)
  }

  #remember(): void {
    const peers: RememberedPeer[] = []
    for (const { name, publicKey, addresses } of this.#contacts.all()) {
      const at = addresses[0]
      if (name !== undefined && at) peers.push({ name, publicKey, ...at })
    }
    this.#options.remembered?.save(peers)
  }
}
