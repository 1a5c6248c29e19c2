/** `bench`: how fast this cluster is, from here, right now. */

import type { Command } from 'commander'
import type { Namespace } from '../../client/flare/index.ts'
import { Progress } from './progress.ts'
import { EXIT, numberOf, runs, type Session } from './run.ts'

const COLUMNS = [
  ['operation', 'left'],
  ['clients', 'right'],
  ['operations/s', 'right'],
  ['p50 ms', 'right'],
  ['p99 ms', 'right'],
  ['longest ms', 'right'],
  ['failed', 'right'],
] as const

const OPERATIONS = ['put', 'get', 'batch', 'scan'] as const
type Operation = (typeof OPERATIONS)[number]
const BATCH = 100

interface Load {
  readonly namespace: Namespace
  readonly keys: number
  readonly value: string
}

export function addBenchCommand(flare: Command): void {
  flare
    .command('bench')
    .description('measure puts, gets, batches of 100 or scans of 100 rows; writes keys bench/…')
    .argument('[operation]', OPERATIONS.join(', '), 'put')
    .option('--seconds <seconds>', 'for how long', '5')
    .option('--clients <clients>', 'calls under way at a time', '16')
    .option('--keys <keys>', 'different keys', '10000')
    .option('--size <bytes>', 'of each value', '256')
    .action(runs(bench))
}

async function bench({ namespace, out, options }: Session, operation: string) {
  if (!OPERATIONS.includes(operation as Operation)) {
    out.error('invalid', `bench knows ${OPERATIONS.join(', ')}, not ${operation}`)
    return EXIT.refused
  }
  const clients = numberOf('--clients', `${options.clients}`)
  const seconds = numberOf('--seconds', `${options.seconds}`)
  const load: Load = {
    namespace,
    keys: numberOf('--keys', `${options.keys}`),
    value: 'v'.repeat(numberOf('--size', `${options.size}`)),
  }
  const progress = new Progress(operation, { quiet: out.json })
  const took: number[] = []
  let failed = 0
  progress.start()
  const endMs = performance.now() + 1000 * seconds
  const client = async (): Promise<void> => {
    for (;;) {
      const startMs = performance.now()
      if (startMs > endMs) return
      try {
        await CALLS[operation as Operation](load)
        took.push(performance.now() - startMs)
        progress.add(1, load.value.length)
      } catch {
        failed++
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  progress.stop()
  took.sort((a, b) => a - b)
  const at = (share: number): number => took[Math.floor(share * (took.length - 1))] ?? 0
  const figures = {
    operation,
    clients,
    perSecond: Math.round(took.length / progress.seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    failed,
  }
  out.show(figures, COLUMNS, [
    [
      operation,
      clients,
      figures.perSecond,
      ...[figures.p50Ms, figures.p99Ms, figures.longestMs].map((ms) => ms.toFixed(2)),
      failed,
    ],
  ])
  return failed === 0 ? EXIT.ok : EXIT.unavailable
}

const keyOf = ({ keys }: Load): string =>
  `bench/${String(Math.floor(Math.random() * keys)).padStart(10, '0')}`

const CALLS: Readonly<Record<Operation, (load: Load) => Promise<unknown>>> = {
  put: (load) => load.namespace.put(keyOf(load), load.value),
  get: (load) => load.namespace.get(keyOf(load)),
  batch: async (load) => {
    const keys = new Set(Array.from({ length: BATCH }, () => keyOf(load)))
    const parts = await load.namespace.batch(
      [...keys].map((key) => ({ op: 'put', key, value: load.value })),
    )
    const error = parts.find((part) => part.error !== undefined)?.error
    if (error !== undefined) throw error
  },
  scan: (load) => load.namespace.page({ from: keyOf(load), limit: BATCH }),
}
