/** `ns`: namespaces. */

import type { Command } from 'commander'
import type { ModeName, NamespaceInfo } from '../../client/flare/index.ts'
import { sizeOf } from './output.ts'
import { EXIT, runs, type Session } from './run.ts'

const COLUMNS = [
  ['namespace', 'left'],
  ['id', 'right'],
  ['mode', 'left'],
  ['regions', 'right'],
  ['keys', 'right'],
  ['size', 'right'],
  ['limits', 'left'],
] as const

export function addNamespaceCommands(flare: Command): void {
  const ns = flare.command('ns').description('namespaces: ls, create, drop')
  ns.command('ls').description('what there is').argument('[name]').action(runs(list))
  ns.command('create')
    .description('make a namespace')
    .argument('<name>')
    .option('--mode <mode>', 'strong or eventual', 'strong')
    .action(runs(create))
  ns.command('drop')
    .description('drop a namespace with all its data')
    .argument('<name>')
    .option('--yes', 'the data is not needed')
    .action(runs(drop))
}

async function list({ db, out }: Session, name: string | undefined) {
  const found = await db.admin.namespaces(name)
  out.show({ namespaces: found }, COLUMNS, found.map(rowOf))
  return EXIT.ok
}

async function create({ db, out, options }: Session, name: string) {
  const { mode } = options
  if (mode !== 'strong' && mode !== 'eventual') {
    out.error('invalid', `a mode is strong or eventual, not ${mode}`)
    return EXIT.refused
  }
  const made = await db.admin.createNamespace(name, mode as ModeName)
  if (out.json) out.line(made)
  else out.say(`namespace ${made.name} is there: ${made.mode}, id ${made.id}`)
  return EXIT.ok
}

async function drop({ db, out, options }: Session, name: string) {
  if (!options.yes) {
    out.error('invalid', `all data of namespace ${name} would go; add --yes if that is meant`)
    return EXIT.refused
  }
  await db.admin.dropNamespace(name)
  if (out.json) out.line({ dropped: name })
  else out.say(`namespace ${name} is dropped`)
  return EXIT.ok
}

const rowOf = (info: NamespaceInfo): readonly unknown[] => [
  info.name,
  info.id,
  info.mode,
  info.regions,
  info.keys,
  sizeOf(info.bytes),
  [info.maxBytes > 0n ? sizeOf(info.maxBytes) : '', info.maxKeys > 0n ? `${info.maxKeys} keys` : '']
    .filter((limit) => limit !== '')
    .join(', '),
]
