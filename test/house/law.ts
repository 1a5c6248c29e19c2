/**
 * The law of the house as data: who may import whom, which folder owns which outside package, what
 * may not be said in the deterministic land. `layers.test.ts` holds the tree to it.
 */

/** What each folder may import, besides itself: folders, or single files that are ports. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'src/base': [],
  'src/core': ['src/base'],
  'src/wire': ['src/base', 'src/core', 'src/runtime/address.ts', 'src/runtime/message.ts'],
  'src/storage': ['src/base', 'src/core', 'src/wire'],
  'src/net': ['src/base', 'src/wire'],
  'src/runtime': ['src/base', 'src/storage/store.ts', 'src/net/link.ts'],
  'src/actors': ['src/base', 'src/core', 'src/wire', 'src/storage', 'src/runtime'],
  'src/api': ['src/base', 'src/core', 'src/wire', 'src/actors'],
  'src/admin': ['src/base', 'src/core', 'src/wire', 'src/runtime', 'src/actors'],
  'src/client': ['src/base', 'src/wire'],
  'src/config': ['src/base'],
  'src/node': [
    'src/base',
    'src/core',
    'src/wire',
    'src/storage',
    'src/net',
    'src/runtime',
    'src/actors',
    'src/api',
    'src/admin',
    'src/config',
  ],
  'src/cli': ['src/base', 'src/client', 'src/config', 'src/node', 'sim/main.ts', 'bench/main.ts'],
  sim: [
    'src/base',
    'src/core',
    'src/wire',
    'src/storage',
    'src/net',
    'src/runtime',
    'src/actors',
    'src/config/document.ts',
    'src/config/problem.ts',
  ],
  bench: ['src/base', 'src/client', 'src/config'],
}

/** Folders inside an allowed folder that stay closed: adapters, which only `node` chooses. */
export const CLOSED: readonly { readonly folder: string; readonly openTo: readonly string[] }[] = [
  { folder: 'src/storage/level', openTo: ['src/storage/level', 'src/node'] },
  { folder: 'src/net/swarm', openTo: ['src/net/swarm', 'src/node'] },
  { folder: 'src/runtime/threads', openTo: ['src/runtime/threads', 'src/node'] },
]

/** Each outside package has one importing folder, so that replacing it is a change of one folder. */
export const PACKAGES: Readonly<Record<string, string>> = {
  piscina: 'src/runtime/threads',
  'classic-level': 'src/storage/level',
  hyperswarm: 'src/net/swarm',
  hyperdht: 'src/net/swarm',
  msgpackr: 'src/wire',
  '@bufbuild/protobuf': 'src/wire/proto',
  '@grpc/grpc-js': 'src/client',
  pino: 'src/node',
  'prom-client': 'src/admin',
  yaml: 'src/config',
  zod: 'src/config',
  commander: 'src/cli',
  'cli-table3': 'src/cli',
  picocolors: 'src/cli',
  'log-update': 'src/cli',
  pkijs: 'src/cli',
  asn1js: 'src/cli',
}

/** Where neither clock nor randomness nor timers exist; each word names what to use instead. */
export const DETERMINISTIC = ['src/core', 'src/actors']
/** The face of the actors for those outside: it speaks in promises. */
export const DETERMINISTIC_EXCEPT = /^src\/actors\/chainfire[^/]*\.ts$/
export const BANNED: readonly { readonly word: RegExp; readonly instead: string }[] = [
  { word: /\bDate\.now\b/, instead: 'the time in the input, or context.wallMs' },
  { word: /\bnew Date\(\)/, instead: 'the time in the input, or context.wallMs' },
  { word: /\bperformance\.now\b/, instead: 'the time in the input, or context.nowMs' },
  { word: /\bMath\.random\b/, instead: 'a number in the input, or context.random' },
  {
    word: /(?<![.\w])set(Timeout|Interval|Immediate)\(/,
    instead: 'an effect, or context.setTimer',
  },
  { word: /\bawait\b/, instead: 'an effect, and an input when it is done' },
  { word: /\bprocess\.\w/, instead: 'an argument' },
]

/** Folders without any `node:` import. */
export const WITHOUT_NODE = ['src/base', 'src/core', 'src/actors']

/** Files that something other than an import starts. */
export const ENTRIES = [
  'src/cli/main.ts',
  'src/node/worker.ts',
  // The host that tests run actors on.
  'src/runtime/inline/inline-world.ts',
  // The door by Node's own HTTP/2: what the frame loop is compared with.
  'src/api/http2-door/http2-door.ts',
  // Types of packages without any; the compiler finds it.
  'src/net/swarm/hyperswarm.d.ts',
  'sim/main.ts',
  'sim/seed.ts',
  'bench/main.ts',
]

/** Second implementations of ports, for tests: they pass the port's contract suite beside the first. */
export const FOR_TESTS = ['src/storage/memory', 'src/runtime/inline', 'src/api/http2-door']

export const GENERATED = ['src/wire/proto/']
export const LONGEST_FILE = 400
