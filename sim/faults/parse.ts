/** A schedule from its YAML: every problem named with its line and, where there is one, its fix. */

import { readDocument } from '../../src/config/document.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { Fields } from './fields.ts'
import {
  type ClusterShape,
  type Fault,
  type FlareShape,
  MEMBER_CHANGES,
  nodeNames,
  PERSIST_POINTS,
  REGION_ACTIONS,
  type Schedule,
  STORE_STATES,
  type Step,
  type WorkloadShape,
} from './schedule.ts'

export { ConfigError as ScheduleError }

const ROLES = ['leader', 'follower', 'region-leader', 'random', 'minority', 'all', 'rest']
const FORMAT = 1

export function parseSchedule(file: string, text: string): Schedule {
  const root = Fields.root(readDocument(file, text))
  root.whole('schedule', FORMAT, FORMAT)
  const cluster = readCluster(root.below('cluster'))
  const names = nodeNames(cluster)
  const schedule: Schedule = {
    name: root.text('name'),
    seed: root.whole('seed', 0, Number.MAX_SAFE_INTEGER),
    cluster,
    clocks: readClocks(root.below('clocks'), names),
    workload: readWorkload(root.below('workload')),
    timeline: root.list('timeline').flatMap((step) => readStep(step, names)),
    marks: readMarks(root.below('expect')),
  }
  root.close()
  root.refuseProblems()
  return { ...schedule, timeline: schedule.timeline.toSorted((a, b) => a.atUs - b.atUs) }
}

function readCluster(fields: Fields): ClusterShape {
  const compactEntries = fields.whole('compact-entries', 4, 1_000_000, 1000)
  const cluster: ClusterShape = {
    nodes: fields.whole('nodes', 1, 9, 3),
    newcomers: fields.whole('newcomers', 0, 4, 0),
    shards: fields.whole('shards', 0, 4, 0),
    fidelity: fields.oneOf('fidelity', ['faithful', 'adversarial'], 'faithful'),
    compactEntries,
    keepEntries: fields.whole('keep-entries', 0, 1_000_000, Math.floor(compactEntries / 4)),
    disk: fields.oneOf('disk', ['together', 'apart'], 'together'),
    messages: fields.oneOf('messages', ['freeze', 'encode'], 'freeze'),
    flare: fields.has('flare') ? readFlare(fields.below('flare')) : undefined,
  }
  fields.close()
  return cluster
}

function readFlare(fields: Fields): FlareShape {
  const flare: FlareShape = {
    splitBytes: fields.bytes('split', 6 * 1024),
    deadMs: fields.duration('dead', 30 * 60_000_000) / 1000,
    keepVersionsMs: fields.duration('keep-versions', 10 * 60_000_000) / 1000,
    windowMs: fields.duration('window', 3_000_000) / 1000,
  }
  fields.close()
  return flare
}

function readClocks(fields: Fields, names: readonly string[]): Schedule['clocks'] {
  const clocks: Record<string, { skewMs: number; driftPpm: number }> = {}
  for (const name of names) {
    if (!fields.has(name)) continue
    const clock = fields.below(name)
    clocks[name] = {
      skewMs: Math.round(clock.duration('skew', 0) / 1000),
      driftPpm: clock.ppm('drift', 0),
    }
    clock.close()
  }
  fields.close()
  return clocks
}

function readWorkload(fields: Fields): WorkloadShape {
  const workload: WorkloadShape = {
    clients: fields.whole('clients', 1, 64, 6),
    watchers: fields.whole('watchers', 0, 64, 2),
    keys: fields.whole('keys', 1, 64, 8),
    operations: fields.whole('operations', 1, 1_000_000, 2000),
    paceUs: fields.duration('pace', 30_000),
  }
  fields.close()
  return workload
}

function readMarks(fields: Fields): string[] {
  const marks = fields.texts('marks')
  fields.close()
  return marks
}

type Read = (fields: Fields, names: readonly string[]) => Fault

/** One step: when, for how long, and exactly one fault; `every` and `until` repeat it. */
function readStep(fields: Fields, names: readonly string[]): Step[] {
  const kinds = Object.keys(FAULTS) as Fault['kind'][]
  const found = kinds.filter((kind) => fields.has(kind))
  const forUs = fields.duration('for', 0)
  const times = readTimes(fields)
  const kind = found[0]
  if (kind === undefined || found.length > 1) {
    const given = fields.keys().find((key) => !['at', 'for', 'every', 'until'].includes(key))
    fields.close()
    if (given === undefined || found.length > 1) {
      fields.problem('at', `names ${found.length} faults`, `give it one of ${kinds.join(', ')}`)
    }
    return []
  }
  const below = fields.below(kind)
  const fault = FAULTS[kind](below, names)
  below.close()
  fields.close()
  return times.map((atUs) => ({ atUs, forUs, fault }))
}

function readTimes(fields: Fields): number[] {
  if (!fields.has('every')) return [fields.duration('at')]
  const every = fields.duration('every')
  const until = fields.duration('until')
  const times: number[] = []
  for (let at = fields.duration('at', every); every > 0 && at <= until; at += every) times.push(at)
  return times
}

function target(fields: Fields, key: string, names: readonly string[]): string {
  return fields.oneOf(key, [...ROLES, ...names])
}

const point = (fields: Fields) => fields.oneOf('point', PERSIST_POINTS, 'now')

const FAULTS: Readonly<Record<Fault['kind'], Read>> = {
  crash: (fields, names) => ({
    kind: 'crash',
    node: target(fields, 'node', names),
    point: point(fields),
    restartUs: fields.duration('restart', 1_000_000),
  }),
  'crash-shard': (fields, names) => ({
    kind: 'crash-shard',
    node: target(fields, 'node', names),
    shard: fields.whole('shard', 1, 4, 1),
    point: point(fields),
  }),
  throw: (fields, names) => ({
    kind: 'throw',
    node: target(fields, 'node', names),
    actor: fields.text('actor', 'raft-group'),
    point: point(fields),
  }),
  stop: (fields, names) => ({
    kind: 'stop',
    node: target(fields, 'node', names),
    restartUs: fields.duration('restart', 1_000_000),
  }),
  pause: (fields, names) => ({ kind: 'pause', node: target(fields, 'node', names) }),
  partition: (fields, names) => ({
    kind: 'partition',
    from: target(fields, 'from', names),
    to: target(fields, 'to', names),
    oneWay: fields.oneOf('direction', ['both', 'one-way'], 'both') === 'one-way',
  }),
  flap: (fields, names) => ({
    kind: 'flap',
    from: target(fields, 'from', names),
    to: target(fields, 'to', names),
    openUs: fields.duration('open', 200_000),
    closedUs: fields.duration('closed', 500_000),
  }),
  cut: (fields, names) => ({
    kind: 'cut',
    from: target(fields, 'from', names),
    to: target(fields, 'to', names),
  }),
  weather: (fields) => ({
    kind: 'weather',
    dropPpm: fields.share('drop', 0),
    reorderPpm: fields.share('reorder', 0),
    latencyUs: fields.durations('latency', [40, 4000]),
  }),
  clock: (fields, names) => ({
    kind: 'clock',
    node: target(fields, 'node', names),
    jumpMs: Math.round(fields.duration('jump', 0) / 1000),
    driftPpm: fields.ppm('drift', 0),
  }),
  'slow-disk': (fields, names) => ({
    kind: 'slow-disk',
    node: target(fields, 'node', names),
    syncUs: fields.durations('sync'),
  }),
  'full-disk': (fields, names) => ({
    kind: 'full-disk',
    node: target(fields, 'node', names),
    freeBytes: fields.bytes('free', 0),
  }),
  wipe: (fields, names) => ({
    kind: 'wipe',
    node: target(fields, 'node', names),
    restartUs: fields.duration('restart', 1_000_000),
    rejoin: fields.flag('rejoin', true),
  }),
  member: (fields, names) => ({
    kind: 'member',
    node: target(fields, 'node', names),
    change: fields.oneOf('change', MEMBER_CHANGES),
  }),
  lull: () => ({ kind: 'lull' }),
  region: (fields) => ({ kind: 'region', action: fields.oneOf('action', REGION_ACTIONS) }),
  store: (fields, names) => ({
    kind: 'store',
    node: target(fields, 'node', names),
    state: fields.oneOf('state', STORE_STATES),
  }),
  join: (fields, names) => ({ kind: 'join', node: target(fields, 'node', names) }),
}
