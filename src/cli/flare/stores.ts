/** `store`: the nodes as places for data. `tso`: timestamps. */

import type { Command } from 'commander'
import colors from 'picocolors'
import type { StoreInfo, StoreStateName } from '../../client/flare/index.ts'
import { dateOf, sizeOf } from './output.ts'
import { EXIT, numberOf, runs, type Session } from './run.ts'

const COLUMNS = [
  ['store', 'left'],
  ['state', 'left'],
  ['contact', 'left'],
  ['replicas', 'right'],
  ['leads', 'right'],
  ['size', 'right'],
  ['free', 'right'],
  ['writes/s', 'right'],
  ['reads/s', 'right'],
  ['labels', 'left'],
] as const

export function addStoreCommands(flare: Command): void {
  const store = flare.command('store').description('stores: ls, drain, up, gone')
  store.command('ls').description('all stores, and who drives').action(runs(list))
  for (const [name, state, text] of STATES) {
    store
      .command(name)
      .description(text)
      .argument('<store>')
      .action(runs((session, which) => set(session, which as string, state)))
  }
}

const STATES = [
  ['drain', 'draining', 'let everything leave a store'],
  ['up', 'up', 'use a store again'],
  ['gone', 'gone', 'a store will not come back: replace what it held'],
] as const satisfies readonly (readonly [string, StoreStateName, string])[]

export function addTimestampCommand(flare: Command): void {
  flare
    .command('tso')
    .description('draw timestamps from the oracle')
    .argument('[count]', 'how many', '1')
    .action(runs(draw))
}

async function list({ db, out }: Session) {
  const told = await db.admin.stores()
  out.show(told, COLUMNS, told.stores.map(rowOf))
  out.say(` ${colors.dim('driver')} ${told.driver}, epoch ${told.driverEpoch}`)
  return EXIT.ok
}

async function set({ db, out }: Session, name: string, state: StoreStateName) {
  await db.admin.setStore(name, state)
  if (out.json) out.line({ store: name, state })
  else out.say(`store ${name} is ${state}`)
  return EXIT.ok
}

async function draw({ db, out }: Session, count: string) {
  const drawn = await db.timestamps(numberOf('count', count))
  if (out.json) out.line({ ...drawn, date: dateOf(drawn.first) })
  else out.say(`${drawn.first}  ${colors.dim(dateOf(drawn.first))}`)
  return EXIT.ok
}

const rowOf = (store: StoreInfo): readonly unknown[] => [
  store.name,
  store.state === 'up' ? store.state : colors.yellow(store.state),
  store.contact === 'live' ? colors.green(store.contact) : colors.red(store.contact),
  store.peers,
  store.leaders,
  sizeOf(store.bytes),
  sizeOf(store.freeBytes),
  store.writes,
  store.reads,
  Object.entries(store.labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' '),
]
