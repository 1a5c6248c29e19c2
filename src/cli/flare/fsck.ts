/** `fsck`: has each replica read its own disk, and says which are damaged, differ from the others or could not be asked. */

import type { Command } from 'commander'
import { createLogUpdate } from 'log-update'
import colors from 'picocolors'
import {
  type FlareClient,
  type Region,
  type ReplicaDigest,
  ReplicaState,
} from '../../client/flare/index.ts'
import { sizeOf } from './output.ts'
import { EXIT, runs, type Session } from './run.ts'

type Verdict = 'ok' | 'corrupt' | 'differs' | 'behind' | 'disturbed'

interface Checked {
  readonly replica: ReplicaDigest
  readonly verdict: Verdict
}

const COLUMNS = [
  ['region', 'right'],
  ['replica', 'left'],
  ['index', 'right'],
  ['rows', 'right'],
  ['size', 'right'],
  ['hash', 'left'],
  ['verdict', 'left'],
] as const

/** What a split or a collection disturbs is hashed anew so often. */
const TRIES = 4
/** What differs is believed when it does so twice. */
const LOOKS = 2

export function addFsckCommand(flare: Command): void {
  flare
    .command('fsck')
    .description('compare the replicas of each region, as they lie on their own disks')
    .option('--all', 'of every namespace')
    .action(runs(fsck))
}

async function fsck({ db, namespace, out, options }: Session) {
  const regions: Region[] = []
  for await (const region of db.admin.regions(options.all ? undefined : namespace.name)) {
    regions.push(region)
  }
  const draw = process.stderr.isTTY && !out.json ? createLogUpdate(process.stderr) : undefined
  const rows: (readonly unknown[])[] = []
  let bad = 0
  let unknown = 0
  for (const [at, { id }] of regions.entries()) {
    draw?.(` region ${id}: ${at} of ${regions.length} compared`)
    const { index, checked } = await compare(db, id)
    for (const { replica, verdict } of checked) {
      if (verdict === 'corrupt' || verdict === 'differs') bad++
      else if (verdict !== 'ok') unknown++
      if (out.json) out.line(objectOf(id, index, { replica, verdict }))
      else rows.push(rowOf(id, index, { replica, verdict }))
    }
  }
  draw?.clear()
  if (!out.json) {
    out.table(COLUMNS, rows)
    out.say(summary(regions.length, rows.length, bad, unknown))
  }
  return bad > 0 ? EXIT.damaged : unknown > 0 ? EXIT.unavailable : EXIT.ok
}

async function compare(
  db: FlareClient,
  region: bigint,
): Promise<{ readonly index: bigint; readonly checked: readonly Checked[] }> {
  for (let tries = 1; ; tries++) {
    const { index, replicas } = await db.admin.digest(region)
    const checked = judge(replicas)
    const verdicts = new Set(checked.map(({ verdict }) => verdict))
    const again = verdicts.has('disturbed') ? TRIES : verdicts.has('differs') ? LOOKS : 1
    if (tries >= again) return { index, checked }
  }
}

/** The hash that most replicas have is right; where none has a majority, all of them differ. */
function judge(replicas: readonly ReplicaDigest[]): readonly Checked[] {
  const counts = new Map<bigint, number>()
  for (const { state, hash } of replicas) {
    if (state === ReplicaState.HASHED) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  }
  const hashed = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const [right] = [...counts].find(([, count]) => 2 * count > hashed) ?? []
  return replicas.map((replica) => ({ replica, verdict: verdictOf(replica, right) }))
}

function verdictOf({ state, hash }: ReplicaDigest, right: bigint | undefined): Verdict {
  switch (state) {
    case ReplicaState.HASHED:
      return hash === right ? 'ok' : 'differs'
    case ReplicaState.CORRUPT:
      return 'corrupt'
    case ReplicaState.DISTURBED:
      return 'disturbed'
    default:
      return 'behind'
  }
}

const hex = (hash: bigint): string => hash.toString(16).padStart(16, '0')

const rowOf = (region: bigint, index: bigint, { replica, verdict }: Checked) => {
  const hashed = replica.state === ReplicaState.HASHED
  return [
    region,
    replica.learner ? `${replica.store} (learner)` : replica.store,
    index,
    hashed ? replica.rows : '',
    hashed ? sizeOf(replica.bytes) : '',
    hashed ? hex(replica.hash) : '',
    shown(verdict, replica.text),
  ]
}

function shown(verdict: Verdict, text: string): string {
  if (verdict === 'ok') return colors.green(verdict)
  if (verdict === 'corrupt') return colors.red(`corrupt: ${text}`)
  return verdict === 'differs' ? colors.red(verdict) : colors.yellow(verdict)
}

const objectOf = (region: bigint, index: bigint, { replica, verdict }: Checked): object => ({
  region,
  replica: replica.store,
  learner: replica.learner,
  index,
  rows: replica.rows,
  bytes: replica.bytes,
  hash: hex(replica.hash),
  verdict,
  ...(replica.text === '' ? {} : { text: replica.text }),
})

function summary(regions: number, replicas: number, bad: number, unknown: number): string {
  const looked = `${replicas} replicas of ${regions} regions compared`
  if (bad > 0) return colors.red(`${looked}: ${bad} damaged; empty that node's disk and --rejoin`)
  if (unknown > 0) return colors.yellow(`${looked}: ${unknown} could not be asked`)
  return `${looked}: all are the same`
}
