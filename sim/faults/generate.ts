/**
 * A schedule drawn from a seed, swarm style: each run draws which kinds of faults it has at all, and how
 * many of each, so that one run is all crashes and the next all partitions.
 */

import type { Stream } from '../world/random.ts'
import { Randomness } from '../world/random.ts'
import {
  type ClusterShape,
  type Fault,
  nodeNames,
  PERSIST_POINTS,
  type Schedule,
  type Step,
} from './schedule.ts'

const SECOND = 1_000_000
/** Faults begin within this; what they began ends with the run's calls at the latest. */
const SPAN_US = 24 * SECOND

type Make = (draw: Stream, cluster: ClusterShape) => { fault: Fault; forUs: number }

export function generateSchedule(seed: number, operations = 2000): Schedule {
  const randomness = new Randomness(seed)
  const draw = randomness.stream('shape', '')
  const cluster = drawCluster(draw, seed)
  const clients = draw.between(5, 8)
  return {
    name: `seed ${seed}`,
    seed,
    cluster,
    clocks: drawClocks(randomness.stream('clock', ''), cluster),
    workload: {
      clients,
      watchers: draw.between(2, 4),
      keys: draw.between(3, 8),
      operations,
      // So that calls and faults fill about the same span.
      paceUs: Math.floor((clients * SPAN_US) / operations),
    },
    timeline: drawTimeline(randomness, cluster),
    marks: [],
  }
}

function drawCluster(draw: Stream, seed: number): ClusterShape {
  const shape: Omit<ClusterShape, 'keepEntries'> = {
    nodes: draw.below(5) === 0 ? 5 : 3,
    newcomers: draw.below(3) === 0 ? draw.between(1, 2) : 0,
    shards: seed % 2 === 0 ? 0 : draw.between(1, 2),
    fidelity: draw.below(2) === 0 ? 'adversarial' : 'faithful',
    compactEntries: draw.pick([20, 60, 200, 1000]),
    disk: draw.below(2) === 0 ? 'apart' : 'together',
    messages: seed % 4 === 0 ? 'encode' : 'freeze',
    flare: undefined,
  }
  return { ...shape, keepEntries: seed % 5 === 1 ? 0 : Math.floor(shape.compactEntries / 4) }
}

function drawClocks(draw: Stream, cluster: ClusterShape): Schedule['clocks'] {
  const clocks: Record<string, { skewMs: number; driftPpm: number }> = {}
  for (const name of nodeNames(cluster)) {
    clocks[name] = { skewMs: draw.between(-2000, 2000), driftPpm: draw.between(-500, 500) }
  }
  return clocks
}

export function drawTimeline(randomness: Randomness, cluster: ClusterShape): Step[] {
  const steps: Step[] = []
  for (const [kind, make] of Object.entries(DRAWN_FAULTS)) {
    const draw = randomness.stream('fault', kind)
    const times = draw.below(3) === 0 ? 0 : draw.between(1, 1 + (OFTEN[kind] ?? 2))
    for (let i = 0; i < times; i++) {
      const atUs = SECOND + draw.below(SPAN_US)
      steps.push({ atUs, ...make(draw, cluster) })
    }
  }
  return safeTogether(steps).sort((a, b) => a.atUs - b.atUs)
}

/** A lost disk and fewer voters would together lose what was acknowledged, and rightly. */
function safeTogether(steps: readonly Step[]): Step[] {
  if (!steps.some(({ fault }) => fault.kind === 'wipe')) return [...steps]
  return steps.filter(({ fault }) => fault.kind !== 'member' || fault.change === 'transfer')
}

/** How many of a kind at most, where it is not the usual three. */
const OFTEN: Readonly<Record<string, number>> = {
  crash: 8,
  'crash-shard': 4,
  throw: 5,
  partition: 5,
  cut: 6,
  member: 4,
  wipe: 0,
  'full-disk': 0,
  lull: 1,
}

const someone = (draw: Stream, cluster: ClusterShape): string =>
  draw.below(2) === 0 ? 'leader' : draw.pick(nodeNames(cluster))

const restart = (draw: Stream): number => draw.tailed(100_000, 4 * SECOND)

/** By their kinds: what runs draw from. */
export const DRAWN_FAULTS: Readonly<Record<string, Make>> = {
  crash: (draw, cluster) => ({
    fault: {
      kind: 'crash',
      node: someone(draw, cluster),
      point: draw.pick(PERSIST_POINTS),
      restartUs: restart(draw),
    },
    forUs: 0,
  }),
  'crash-shard': (draw, cluster) => ({
    fault: {
      kind: 'crash-shard',
      node: someone(draw, cluster),
      shard: draw.between(0, cluster.shards),
      point: draw.pick(PERSIST_POINTS),
    },
    forUs: 0,
  }),
  throw: (draw, cluster) => ({
    fault: {
      kind: 'throw',
      node: someone(draw, cluster),
      actor: draw.pick(['raft-group', 'raft-group', 'lease-expirer', 'watch-hub', 'watch-door']),
      point: draw.pick(PERSIST_POINTS),
    },
    forUs: 0,
  }),
  stop: (draw, cluster) => ({
    fault: { kind: 'stop', node: someone(draw, cluster), restartUs: restart(draw) },
    forUs: 0,
  }),
  pause: (draw, cluster) => ({
    fault: { kind: 'pause', node: someone(draw, cluster) },
    // Long enough for another leader, or short enough for none.
    forUs:
      draw.below(2) === 0 ? draw.between(2 * SECOND, 6 * SECOND) : draw.between(20_000, SECOND),
  }),
  partition: (draw, cluster) => ({
    fault: {
      kind: 'partition',
      from: draw.pick(['leader', 'minority', draw.pick(nodeNames(cluster))]),
      to: draw.pick(['rest', 'rest', draw.pick(nodeNames(cluster))]),
      oneWay: draw.below(2) === 0,
    },
    forUs: draw.between(300_000, 7 * SECOND),
  }),
  flap: (draw, cluster) => ({
    fault: {
      kind: 'flap',
      from: someone(draw, cluster),
      to: 'rest',
      openUs: draw.between(20_000, 800_000),
      closedUs: draw.between(20_000, 1_500_000),
    },
    forUs: draw.between(SECOND, 6 * SECOND),
  }),
  cut: (draw, cluster) => ({
    fault: { kind: 'cut', from: someone(draw, cluster), to: draw.pick(nodeNames(cluster)) },
    forUs: 0,
  }),
  weather: (draw, cluster) => ({
    fault: {
      kind: 'weather',
      dropPpm: cluster.fidelity === 'adversarial' ? draw.below(200_000) : 0,
      reorderPpm: cluster.fidelity === 'adversarial' ? draw.below(300_000) : 0,
      latencyUs: [draw.between(50, 2000), draw.between(3000, 200_000)],
    },
    forUs: draw.between(SECOND, 8 * SECOND),
  }),
  clock: (draw, cluster) => ({
    fault: {
      kind: 'clock',
      node: someone(draw, cluster),
      jumpMs: draw.between(-30_000, 30_000),
      driftPpm: draw.between(-800, 800),
    },
    forUs: 0,
  }),
  'slow-disk': (draw, cluster) => ({
    fault: {
      kind: 'slow-disk',
      node: someone(draw, cluster),
      syncUs: [draw.between(2000, 60_000), draw.between(80_000, 2_500_000)],
    },
    forUs: draw.between(500_000, 6 * SECOND),
  }),
  'full-disk': (draw, cluster) => ({
    fault: {
      kind: 'full-disk',
      node: someone(draw, cluster),
      freeBytes: draw.pick([0, 100 * 1024 * 1024]),
    },
    forUs: draw.between(SECOND, 4 * SECOND),
  }),
  wipe: (draw, cluster) => ({
    fault: {
      kind: 'wipe',
      node: someone(draw, cluster),
      restartUs: restart(draw),
      rejoin: draw.below(2) === 0,
    },
    forUs: 0,
  }),
  member: (draw, cluster) => ({
    fault: {
      kind: 'member',
      node: draw.pick(nodeNames(cluster)),
      change: draw.pick(['transfer', 'transfer', 'demote', 'swap', 'promote'] as const),
    },
    forUs: 0,
  }),
  lull: (draw) => ({ fault: { kind: 'lull' }, forUs: draw.between(5 * SECOND, 14 * SECOND) }),
}
