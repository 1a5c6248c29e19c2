/** A schedule for FlareDB drawn from a seed: the faults of every run, and what happens to regions and stores. */

import { Randomness, type Stream } from '../world/random.ts'
import { drawTimeline, generateSchedule } from './generate.ts'
import {
  type Fault,
  type FlareShape,
  REGION_ACTIONS,
  type Schedule,
  type Step,
} from './schedule.ts'

const SECOND = 1_000_000
const SPAN_US = 24 * SECOND
/** The first namespace is made before faults begin. */
const BEGIN_US = 5 * SECOND
const OPERATIONS = 1200
const NEVER_DEAD_MS = 30 * 60_000

export function generateFlareSchedule(seed: number, operations = OPERATIONS): Schedule {
  const randomness = new Randomness(seed)
  const draw = randomness.stream('flare', '')
  const base = generateSchedule(seed, operations)
  const newcomers = draw.below(2)
  const cluster = { ...base.cluster, newcomers, flare: drawShape(draw) }
  const steps = drawTimeline(randomness, cluster).filter(({ fault }) => fits(fault))
  const own = [...drawActions(randomness), ...drawStores(draw, cluster.nodes, newcomers)]
  const timeline = [...steps.map((step) => retargeted(step, draw)), ...own]
    .map((step) => ({ ...step, atUs: step.atUs + BEGIN_US }))
    .sort((a, b) => a.atUs - b.atUs)
  return {
    ...base,
    name: `flare seed ${seed}`,
    cluster,
    workload: { ...base.workload, watchers: 0, keys: draw.between(3, 6) },
    timeline,
  }
}

function drawShape(draw: Stream): FlareShape {
  return {
    splitBytes: draw.pick([3, 5, 8, 16]) * 1024,
    deadMs: draw.below(3) === 0 ? 4000 : NEVER_DEAD_MS,
    keepVersionsMs: draw.pick([6000, 15_000, 600_000]),
    windowMs: draw.pick([300, 1000, 3000]),
  }
}

/** Members of group `system` stay as they are: it has no learners. A lost disk would be another store. */
const fits = (fault: Fault): boolean =>
  fault.kind !== 'wipe' && (fault.kind !== 'member' || fault.change === 'transfer')

/** Half of what would hit the leader of group `system`, and so the driver, hits one that leads a region. */
function retargeted(step: Step, draw: Stream): Step {
  const { fault } = step
  if (fault.kind === 'throw') {
    const actor = draw.pick(['region', 'region', 'raft-group', ...FLARE_ACTORS])
    return { ...step, fault: { ...fault, actor } }
  }
  if (!('node' in fault) || fault.node !== 'leader' || draw.below(2) === 0) return step
  return { ...step, fault: { ...fault, node: 'region-leader' } }
}

const FLARE_ACTORS = ['timestamp-oracle', 'placement-driver', 'store']

function drawActions(randomness: Randomness): Step[] {
  return REGION_ACTIONS.flatMap((action) => {
    const draw = randomness.stream('region', action)
    return Array.from({ length: draw.below(6) }, () => ({
      atUs: draw.below(SPAN_US),
      forUs: 0,
      fault: { kind: 'region' as const, action },
    }))
  })
}

/** One that joins, perhaps; then there is room to empty another, and to take it back. */
function drawStores(draw: Stream, nodes: number, newcomers: number): Step[] {
  if (newcomers === 0) return []
  const at = (fault: Fault, within: number, from = 0): Step => ({
    atUs: from + draw.below(within),
    forUs: 0,
    fault,
  })
  const steps = [at({ kind: 'join', node: `n${nodes + 1}` }, SPAN_US / 3)]
  if (draw.below(2) === 0) return steps
  const node = `n${draw.between(1, nodes)}`
  steps.push(at({ kind: 'store', node, state: 'draining' }, SPAN_US / 3, SPAN_US / 3))
  if (draw.below(2) === 0) {
    steps.push(at({ kind: 'store', node, state: 'up' }, SPAN_US / 3, (2 * SPAN_US) / 3))
  }
  return steps
}
