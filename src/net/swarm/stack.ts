/** As much of hyperswarm and hyperdht as the links use; neither brings types (see hyperswarm.d.ts). */

export interface KeyPair {
  readonly publicKey: Buffer
  readonly secretKey: Buffer
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** An encrypted stream in which every write arrives as one `data`. */
export interface SecretStream {
  readonly isInitiator: boolean
  readonly remotePublicKey: Buffer
  /** Set once `open` was emitted; the same 64 bytes at both ends, and nowhere else. */
  readonly handshakeHash: Buffer | null
  readonly rawStream: { readonly remoteHost: string; readonly remotePort: number } | null
  /** False when the queue is above its mark: wait for `drain`. */
  write(message: Uint8Array): boolean
  end(): void
  destroy(error?: Error): void
  setKeepAlive(ms: number): void
  setTimeout(ms: number): void
  on(event: 'open' | 'close' | 'drain', listener: () => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: 'data', listener: (message: Buffer) => void): this
}

export interface DhtOptions {
  readonly bootstrap: readonly Endpoint[]
  readonly host: string
  readonly port: number
  readonly ephemeral: boolean
  readonly firewalled: boolean
  readonly anyPort: boolean
  readonly connectionKeepAlive: number
}

export interface ConnectOptions {
  readonly keyPair?: KeyPair
  /** Asked first, before any look-up: a member's own address reaches it directly. */
  readonly relayAddresses?: readonly Endpoint[]
}

export interface DhtServer {
  listen(keyPair: KeyPair): Promise<void>
  close(): Promise<void>
  on(event: 'connection', listener: (stream: SecretStream) => void): this
}

export interface Dht {
  bind(): Promise<void>
  connect(publicKey: Buffer, options: ConnectOptions): SecretStream
  createServer(): DhtServer
  destroy(options?: { force?: boolean }): Promise<void>
}

export interface Discovery {
  refresh(): Promise<unknown>
}

export interface PeerInfo {
  readonly publicKey: Buffer
  readonly relayAddresses: readonly Endpoint[] | null
}

export interface Swarm {
  /** Everyone found or connected, by public key in hex. */
  readonly peers: ReadonlyMap<string, PeerInfo>
  join(topic: Buffer, options: { client: boolean; server: boolean }): Discovery
  listen(): Promise<void>
  destroy(options?: { force?: boolean }): Promise<void>
  on(event: 'connection', listener: (stream: SecretStream) => void): this
}

export interface DhtClass {
  new (options: DhtOptions): Dht
  /** A node that knows its own address from the start and answers others at once. */
  bootstrapper(port: number, host: string, options: Partial<DhtOptions>): Dht
  keyPair(seed: Uint8Array): KeyPair
}

export type SwarmClass = new (options: {
  readonly dht: Dht
  readonly keyPair: KeyPair
  readonly maxPeers: number
}) => Swarm
