/** The command line: names the commands, and turns what they throw into one line and an exit code. */

import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/problem.ts'
import { configJsonSchema } from '../config/schema.ts'
import { NodeRefused } from '../node/refused.ts'
import { withCredentialFlags } from './credentials.ts'
import { initCluster } from './init.ts'
import { versionOfPackage } from './version.ts'

// What packages will have to change (grpc-js names an address in TLS) is no news for who runs a command.
process.noDeprecation = true

const program = new Command('plasma')
  .description('A cluster in one program: an etcd-compatible store on Raft')
  .version(versionOfPackage())
  .showSuggestionAfterError()
  .exitOverride()

program
  .command('init')
  .description('write the config files of a new cluster, with a random secret')
  .argument('[directory]', 'where to write them', '.')
  .option('--nodes <names>', 'names of the nodes, with commas between', 'n1,n2,n3')
  .option('--name <name>', 'name of the cluster', 'plasma')
  .option('--host <host>', 'address that all nodes listen on', '127.0.0.1')
  .option('--port <port>', 'client port of the first node; the next have 100 more each', '2379')
  .option('--tls', 'make a certificate authority, and certificates for the nodes and a client')
  .action(async (directory: string, options) => {
    for (const file of await initCluster(directory, options)) console.log(`wrote ${file}`)
    console.log(`start them all: plasma up ${directory}`)
  })

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

program
  .command('node')
  .description('run one node')
  .requiredOption('-c, --config <file>', 'its config file')
  .option('--set <key=value>', 'override one key of the config; may be repeated', collect)
  .option('--rejoin', 'come back as a new member after the data directory was lost')
  .action(async (options) => {
    const { runNodeCommand } = await import('./node.ts')
    const { config, set = [], rejoin = false } = options
    await runNodeCommand({ config, set, rejoin })
  })

program
  .command('up')
  .description('run every node of a directory, one process each; they end with this one')
  .argument('<directory>', 'where the config files are')
  .option('--set <key=value>', 'override one key of every config; may be repeated', collect)
  .action(async (directory: string, options) => {
    const { runUp } = await import('./up.ts')
    process.exitCode = await runUp(directory, options.set ?? [])
  })

const status = program
  .command('status')
  .description('show the nodes, their roles, shards and groups')
  .argument(
    '[place]',
    'a directory of config files, one config file, or host:port of HTTP, https:// before it for TLS',
    '.',
  )
  .option('--json', 'print JSON instead of tables')

withCredentialFlags(status).action(async (place: string, options) => {
  const { runStatus } = await import('./status.ts')
  process.exitCode = await runStatus(place, { ...options, json: options.json === true })
})

program
  .command('config')
  .description('about config files')
  .command('schema')
  .description('print the JSON Schema of a config file, for editors')
  .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)))

const flare = program
  .command('flare')
  .description('use and look after FlareDB: keys, namespaces, regions, stores')
// They bring the client along, which no other command needs.
if (process.argv[2] === 'flare') (await import('./flare/command.ts')).addFlareCommands(flare)

program
  .command('sim')
  .description('run the simulator')
  .helpOption(false)
  .allowUnknownOption()
  .argument('[args...]')
  .action(async (args: string[]) => {
    const { main } = await import('../../sim/main.ts')
    process.exitCode = await main(args)
  })

program
  .command('bench')
  .description('measure, alone or against etcd')
  .helpOption(false)
  .allowUnknownOption()
  .argument('[args...]')
  .action(async (args: string[]) => {
    const { main } = await import('../../bench/main.ts')
    process.exitCode = await main(args)
  })

try {
  await program.parseAsync()
} catch (error) {
  // At once: what had started before it failed, threads above all, would keep the process.
  process.exit(explain(error))
}

/** Prints what users can mend as it is; anything else is a fault of ours and keeps its stack. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode
  if (error instanceof ConfigError || error instanceof NodeRefused) {
    console.error(error.message.replace(/^/gm, 'plasma: '))
    return 1
  }
  console.error(error)
  return 70
}
