/**
 * A fault schedule: who, what, when, for how long. Generated from a seed, or written by hand in YAML;
 * either way this is what runs. Times are microseconds from the start of the run.
 */

export interface Schedule {
  readonly name: string
  readonly seed: number
  readonly cluster: ClusterShape
  readonly clocks: Readonly<Record<string, { readonly skewMs: number; readonly driftPpm: number }>>
  readonly workload: WorkloadShape
  readonly timeline: readonly Step[]
  /** Marks that this run must leave. */
  readonly marks: readonly string[]
}

export interface ClusterShape {
  /** Founders, named n1, n2 … */
  readonly nodes: number
  /** Further nodes that join by themselves, named on. */
  readonly newcomers: number
  /** Worker shards of each node; 0: all on one thread. */
  readonly shards: number
  /** Adversarial: frames of the raft lane are dropped and overtake each other. */
  readonly fidelity: 'faithful' | 'adversarial'
  /** Entries between two cuts of the log: small ones make followers need snapshots. */
  readonly compactEntries: number
  /** Entries that a cut leaves behind for slow followers. */
  readonly keepEntries: number
  /** Whether a crash may keep the log's part of a batch and lose the data's. */
  readonly disk: 'together' | 'apart'
  /** How messages between actors of one shard pass. */
  readonly messages: 'freeze' | 'encode'
  /** FlareDB instead of Chainfire's own group; newcomers are stores. */
  readonly flare: FlareShape | undefined
}

/** Limits of FlareDB, narrowed so that a short run meets what takes real clusters days. */
export interface FlareShape {
  /** A region of about this size splits. */
  readonly splitBytes: number
  /** What a store holds that is silent for so long is replaced elsewhere. */
  readonly deadMs: number
  /** What is superseded for longer is dropped. */
  readonly keepVersionsMs: number
  /** How far ahead timestamps are reserved. */
  readonly windowMs: number
}

export interface WorkloadShape {
  readonly clients: number
  readonly watchers: number
  readonly keys: number
  readonly operations: number
  /** Microseconds between an answer and the next call, about. */
  readonly paceUs: number
}

/** A node by name or by what it is when the step fires; resolved then, and noted in the trace. */
export type Target = string

export interface Step {
  readonly atUs: number
  /** For faults that last. */
  readonly forUs: number
  readonly fault: Fault
}

/** Where in the life of a batch a crash falls. */
export const PERSIST_POINTS = ['now', 'queued', 'in-flight', 'landed'] as const
export type PersistPoint = (typeof PERSIST_POINTS)[number]

/** `swap`: this voter and some learner change places, through a joint configuration. */
export const MEMBER_CHANGES = ['promote', 'demote', 'remove', 'swap', 'transfer'] as const

/** What an operator has done with a region; `add` and `remove` change how many replicas it has. */
export const REGION_ACTIONS = ['split', 'transfer', 'move'] as const
export const STORE_STATES = ['up', 'draining'] as const

export type Fault =
  | {
      readonly kind: 'crash'
      readonly node: Target
      readonly point: PersistPoint
      readonly restartUs: number
    }
  | {
      readonly kind: 'crash-shard'
      readonly node: Target
      readonly shard: number
      readonly point: PersistPoint
    }
  | {
      readonly kind: 'throw'
      readonly node: Target
      readonly actor: string
      readonly point: PersistPoint
    }
  | { readonly kind: 'stop'; readonly node: Target; readonly restartUs: number }
  | { readonly kind: 'pause'; readonly node: Target }
  | {
      readonly kind: 'partition'
      readonly from: Target
      readonly to: Target
      readonly oneWay: boolean
    }
  | {
      readonly kind: 'flap'
      readonly from: Target
      readonly to: Target
      readonly openUs: number
      readonly closedUs: number
    }
  | { readonly kind: 'cut'; readonly from: Target; readonly to: Target }
  | {
      readonly kind: 'weather'
      readonly dropPpm: number
      readonly reorderPpm: number
      readonly latencyUs: readonly [low: number, high: number]
    }
  | {
      readonly kind: 'clock'
      readonly node: Target
      readonly jumpMs: number
      readonly driftPpm: number
    }
  | {
      readonly kind: 'slow-disk'
      readonly node: Target
      readonly syncUs: readonly [low: number, high: number]
    }
  | { readonly kind: 'full-disk'; readonly node: Target; readonly freeBytes: number }
  | {
      readonly kind: 'wipe'
      readonly node: Target
      readonly restartUs: number
      readonly rejoin: boolean
    }
  | {
      readonly kind: 'member'
      readonly node: Target
      readonly change: (typeof MEMBER_CHANGES)[number]
    }
  /** Clients are silent for a while: idle groups go quiet. */
  | { readonly kind: 'lull' }
  /** Of FlareDB: some region is split, or its leader or a replica goes to another store. */
  | { readonly kind: 'region'; readonly action: (typeof REGION_ACTIONS)[number] }
  | {
      readonly kind: 'store'
      readonly node: Target
      readonly state: (typeof STORE_STATES)[number]
    }
  /** A newcomer that was not there before starts. */
  | { readonly kind: 'join'; readonly node: Target }

export const nodeNames = (cluster: ClusterShape): string[] =>
  Array.from({ length: cluster.nodes + cluster.newcomers }, (_, i) => `n${i + 1}`)
