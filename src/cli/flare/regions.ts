/** `region`: where data lies, and moving it by hand. */

import type { Command } from 'commander'
import colors from 'picocolors'
import type { Region } from '../../client/flare/index.ts'
import { field, sizeOf } from './output.ts'
import { EXIT, runs, type Session, wholeOf } from './run.ts'

const COLUMNS = [
  ['region', 'right'],
  ['ns', 'right'],
  ['from', 'left'],
  ['to', 'left'],
  ['epoch', 'left'],
  ['leader', 'left'],
  ['replicas', 'left'],
  ['keys', 'right'],
  ['size', 'right'],
  ['doing', 'left'],
] as const

const VERDICTS = [
  ['rule', 'left'],
  ['acts', 'left'],
  ['because', 'left'],
] as const

export function addRegionCommands(flare: Command): void {
  const region = flare.command('region').description('regions: ls, split, transfer, move, explain')
  region
    .command('ls')
    .description('all regions of the namespace')
    .option('--all', 'of every namespace')
    .action(runs(list))
  region
    .command('split')
    .description('cut a region in two, or at each of some keys')
    .argument('<id>')
    .argument('[keys...]', 'none: in the middle')
    .action(runs(split))
  region
    .command('transfer')
    .description('let the replica on another node lead')
    .argument('<id>')
    .argument('<to>')
    .action(runs(transfer))
  region
    .command('move')
    .description('move the replica on one node to another')
    .argument('<id>')
    .argument('<from>')
    .argument('<to>')
    .action(runs(move))
  region
    .command('explain')
    .description('why the placement driver acts on a region, or does not')
    .argument('<id>')
    .action(runs(explain))
}

async function list({ db, namespace, out, options }: Session) {
  const rows: (readonly unknown[])[] = []
  for await (const region of db.admin.regions(options.all ? undefined : namespace.name)) {
    if (out.json) out.line(objectOf(region))
    else rows.push(rowOf(region, out))
  }
  if (!out.json) out.table(COLUMNS, rows)
  return EXIT.ok
}

async function split({ db, out }: Session, id: string, ...rest: unknown[]) {
  const keys = (rest[0] as string[]).map((key) => out.bytes(key))
  await db.admin.split(idOf(id), keys)
  return begun(out, `region ${id} is being split`)
}

async function transfer({ db, out }: Session, id: string, to: string) {
  await db.admin.transfer(idOf(id), to)
  return begun(out, `region ${id} is handed to ${to}`)
}

async function move({ db, out }: Session, id: string, from: string, to: string) {
  await db.admin.move(idOf(id), from, to)
  return begun(out, `region ${id} moves from ${from} to ${to}: watch it with region ls`)
}

async function explain({ db, out }: Session, id: string) {
  const { region, verdicts } = await db.admin.explain(idOf(id))
  if (out.json) {
    out.line({ region: region && objectOf(region), verdicts })
    return EXIT.ok
  }
  if (region !== undefined) out.table(COLUMNS, [rowOf(region, out)])
  out.say('')
  out.table(
    VERDICTS,
    verdicts.map(({ rule, acts, reason }) => [rule, acts ? colors.yellow('yes') : 'no', reason]),
  )
  return EXIT.ok
}

function begun(out: Session['out'], sentence: string): number {
  if (out.json) out.line({ begun: true })
  else out.say(sentence)
  return EXIT.ok
}

const idOf = (text: string): bigint => wholeOf('region', text)

const rowOf = (region: Region, out: Session['out']): readonly unknown[] => [
  region.id,
  region.namespaceId,
  region.startKey.length === 0 ? colors.dim('start') : out.text(region.startKey),
  region.endKey.length === 0 ? colors.dim('end') : out.text(region.endKey),
  `${region.version}.${region.confVer}`,
  region.leader === '' ? colors.yellow('none') : colors.green(region.leader),
  region.peers.map(({ store, learner }) => (learner ? `${store} (learner)` : store)).join(' '),
  region.keys,
  sizeOf(region.bytes),
  region.doing,
]

const objectOf = ({ startKey, endKey, ...region }: Region): object => ({
  ...region,
  ...field('startKey', startKey),
  ...field('endKey', endKey),
})
