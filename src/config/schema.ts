/**
 * The shape of a node's config file: every key, its bounds, its default, and a sentence on what it is
 * for, which `plasma config schema` shows in editors. What keys mean together stands in `rules.ts`.
 */

import { z } from 'zod'

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, {
  error: 'must be 1 to 32 lower-case letters, digits and inner dashes, like n1',
})
const label = z.string().regex(/^[A-Za-z0-9._/-]{1,31}=[A-Za-z0-9._/-]{1,31}$/, {
  error: 'must be a name and a value, like zone=east-1',
})
const host = z.string().min(1, { error: 'must be an address or host name, like 127.0.0.1' })
const port = whole(0, 65_535)
const MIB = 1024 * 1024
const secret = z.string().min(8, { error: 'must have at least 8 characters' })

function whole(least: number, most: number): z.ZodNumber {
  const error = `must be a whole number from ${least} to ${most}`
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

function flag(): z.ZodBoolean {
  return z.boolean({ error: 'must be true or false' })
}

const cluster = z
  .strictObject({
    name: name.describe('Name of the cluster; nodes of another name are refused'),
    secret: z
      .union([secret, z.array(secret).min(1)], {
        error: 'must be a text of at least 8 characters, or a list of such: current, next',
      })
      .describe('Admits nodes to the cluster. A list is current, then next, for changing it'),
    nodes: z
      .array(name)
      .min(1, { error: 'must name at least one node' })
      .max(9, { error: 'may name at most 9 nodes' })
      .describe('The founders: first voters of Chainfire'),
  })
  .describe('What all nodes of a cluster have in common')

const links = z
  .strictObject({
    host: host.describe('Address on which other nodes reach this one'),
    port: port.describe('UDP and TCP port of the links between nodes'),
    bootstrap: z
      .array(z.string().regex(/^.+:\d{1,5}$/, { error: 'must be host:port, like 127.0.0.1:24791' }))
      .default([])
      .describe('Link addresses of nodes to ask first; every member will do'),
  })
  .describe('The encrypted links between nodes')

const listener = z.strictObject({ host: host.default('127.0.0.1'), port })

const tls = z
  .strictObject({
    cert: z
      .string()
      .min(1)
      .describe("PEM file: this node's certificate, then those between it and its CA"),
    key: z.string().min(1).describe('PEM file: the private key of that certificate, not encrypted'),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file: who must have signed the certificates of clients'),
    clientAuth: z
      .enum(['none', 'optional', 'required'], { error: 'must be none, optional or required' })
      .optional()
      .describe('Whether clients must show a certificate; required when there is a ca, else none'),
  })
  .describe('TLS on the client port and the HTTP port; paths are relative to this file')

const raft = z.strictObject({
  tickMs: whole(10, 10_000).default(100).describe('Length of a tick; heartbeats go out each tick'),
  electionTicks: whole(3, 1000)
    .default(10)
    .describe('Ticks without a leader before an election; drawn between this and twice this'),
  snapshotCount: whole(10, 10_000_000)
    .default(10_000)
    .describe('Applied entries after which the log is cut'),
  catchUpEntries: whole(0, 10_000_000)
    .default(5_000)
    .describe('Entries kept behind the cut, so that a slow follower needs no snapshot'),
})

const limits = z
  .strictObject({
    maxRequestBytes: whole(1024, 2 * MIB)
      .default(1_572_864)
      .describe('The largest request of a client'),
    maxTxnOps: whole(1, 4096).default(128).describe('Operations in a transaction'),
    maxConcurrentStreams: whole(1, 4_294_967_295)
      .default(4_294_967_295)
      .describe('Calls under way on one connection'),
    requestTimeoutMs: whole(100, 600_000)
      .default(7_000)
      .describe('After so long a request is told that it timed out'),
    maxWaiting: whole(1, 10_000_000)
      .default(20_000)
      .describe('Reads, and writes, that may wait in one group before more are refused'),
    maxUncommittedBytes: whole(2 * MIB, 1024 * MIB)
      .default(64 * MIB)
      .describe('Bytes proposed and not committed from which on writes are refused'),
    maxApplyLag: whole(128, 10_000_000)
      .default(5_000)
      .describe('Entries committed and not applied from which on writes are refused'),
    minFreeBytes: whole(0, 1024 * 1024 * MIB)
      .default(512 * MIB)
      .describe('Free disk below which only what gives space back is written'),
    clientLevelZeroFiles: whole(1, 12)
      .default(11)
      .describe(
        "Files at LevelDB's level 0 from which on writes are refused; it stops itself at 12",
      ),
    bulkLevelZeroFiles: whole(1, 12)
      .default(7)
      .describe('The same for scrubs and incoming snapshots, which wait'),
    snapshotChunkBytes: whole(1024, 2 * MIB)
      .default(MIB / 8)
      .describe('Bytes of a snapshot in one message, about'),
    valueCacheBytes: whole(0, 1024 * MIB)
      .default(16 * MIB)
      .describe('Values kept in memory for reads, in each group'),
    watchProgressMs: whole(100, 86_400_000)
      .default(600_000)
      .describe('How often a watch that asked for it is told how far it is'),
  })
  .describe('What a node takes on before it refuses')

const flare = z.strictObject({
  enabled: flag().default(true).describe('Whether this cluster has FlareDB'),
  labels: z
    .array(label)
    .max(16, { error: 'may have at most 16 labels' })
    .default([])
    .describe('Failure domains of this node, like zone=east-1; replicas are spread over them'),
  replicas: whole(1, 9).default(3).describe('Replicas of a region, as far as there are stores'),
  deadSeconds: whole(10, 1_000_000)
    .default(1800)
    .describe('A store not heard of for so long is given up: its replicas are made anew elsewhere'),
})

const log = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .default('info'),
})

const debug = z.strictObject({
  faults: flag()
    .default(false)
    .describe('Adds HTTP calls that break things; only on loopback addresses'),
  groups: whole(0, 1000)
    .default(0)
    .describe('Extra Raft groups g1 to gN with the same voters, for tests and benches'),
})

const unsafe = z.strictObject({
  noSync: flag()
    .default(false)
    .describe('Never wait for the disk: acknowledged writes are lost with the machine'),
})

export const configSchema = z.strictObject({
  cluster,
  node: name.describe('Name of this node'),
  data: z.string().min(1).describe('Data directory, relative to this file'),
  client: listener.describe('Where etcd clients connect; port 0 picks a free one'),
  http: listener
    .extend({
      tls: flag().default(true).describe('Whether this port speaks TLS where the client port does'),
    })
    .describe('Health, metrics and status; port 0 picks a free one'),
  tls: tls.optional(),
  links,
  shards: whole(0, 64)
    .default(2)
    .describe('Worker threads that carry actors; 0 keeps everything on the main thread'),
  log: log.prefault({}),
  raft: raft.prefault({}),
  limits: limits.prefault({}),
  flare: flare.prefault({}),
  debug: debug.prefault({}),
  unsafe: unsafe.prefault({}),
})

export type ConfigInput = z.input<typeof configSchema>
export type NodeConfig = z.output<typeof configSchema>
export type TlsConfig = z.output<typeof tls>

/** JSON Schema of the file, for editors. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' })
}

/** Every key that holds a value rather than more keys, as its path: `['client', 'port']`. */
export function leafPaths(): string[][] {
  return leavesOf(z.toJSONSchema(configSchema, { io: 'input' }), [])
}

interface JsonObjectSchema {
  readonly properties?: Record<string, unknown>
}

function leavesOf(schema: unknown, path: readonly string[]): string[][] {
  const properties = (schema as JsonObjectSchema).properties
  if (properties === undefined) return [[...path]]
  return Object.entries(properties).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
}

/** The keys that may stand below a path; empty when it holds a value. */
export function keysBelow(path: readonly PropertyKey[]): string[] {
  const depth = path.length
  const below = leafPaths().filter((leaf) => path.every((step, i) => leaf[i] === step))
  return [...new Set(below.flatMap((leaf) => leaf[depth] ?? []))]
}
