/** How every command of FlareDB runs: connected, its errors as one line, its end as an exit code. */

import { type Command, Option } from 'commander'
import colors from 'picocolors'
import {
  Conflict,
  connect,
  type FlareClient,
  FlareError,
  type Namespace,
  VersionMismatch,
} from '../../client/flare/index.ts'
import { NodeRefused } from '../../node/refused.ts'
import { type CredentialFlags, credentialsOf, withCredentialFlags } from '../credentials.ts'
import { Output } from './output.ts'

/** The exit codes of docs/cli.md. */
export const EXIT = {
  ok: 0,
  refused: 1,
  notFound: 2,
  mismatch: 3,
  undetermined: 4,
  unavailable: 5,
  damaged: 6,
}

export interface Session {
  readonly db: FlareClient
  /** Of `--namespace`. */
  readonly namespace: Namespace
  readonly out: Output
  /** All options of the command and of those above it. */
  readonly options: Readonly<Record<string, unknown>>
}

interface SharedOptions extends CredentialFlags {
  readonly endpoints: string
  readonly namespace: string
  readonly timeout: string
  readonly json?: boolean
  readonly hex?: boolean
}

/** What every command of FlareDB understands; given before or behind the command's name. */
export function withSharedOptions(command: Command): Command {
  command
    .addOption(
      new Option('-e, --endpoints <list>', 'host:port of nodes, commas between')
        .env('PLASMA_ENDPOINTS')
        .default('127.0.0.1:2379'),
    )
    .option('-n, --namespace <name>', 'the namespace', 'default')
    .option('--timeout <seconds>', 'how long a call may take with all its tries', '10')
    .option('--json', 'print JSON instead of tables')
    .option('--hex', 'keys and values are given and shown in hexadecimal')
  return withCredentialFlags(command)
}

type Run = (session: Session, ...args: string[]) => Promise<number | undefined>

/** The action of a command; what it returns is its exit code. */
export const runs =
  (run: Run) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const options = command.optsWithGlobals<SharedOptions>()
    const out = new Output(options.json === true, options.hex === true)
    const db = connect({
      endpoints: options.endpoints.split(',').map((each) => each.trim()),
      timeoutMs: 1000 * numberOf('--timeout', options.timeout),
      sessions: false,
      tls: credentialsOf(options),
    })
    try {
      const namespace = db.namespace(options.namespace)
      // Arguments may be left out; then commander gives undefined.
      const args = given.slice(0, -2) as string[]
      process.exitCode = (await run({ db, namespace, out, options: { ...options } }, ...args)) ?? 0
    } catch (error) {
      process.exitCode = explain(error, out)
    } finally {
      db.close()
    }
  }

/** Rethrows what is no answer of the cluster. */
function explain(error: unknown, out: Output): number {
  if (!(error instanceof FlareError)) throw error
  out.error(error.reason, error.message)
  if (error instanceof Conflict || error instanceof VersionMismatch) return EXIT.mismatch
  switch (error.reason) {
    case 'undetermined':
      return EXIT.undetermined
    case 'unavailable':
    case 'failed':
      return EXIT.unavailable
    default:
      return EXIT.refused
  }
}

/** A positive number from the command line. */
export function numberOf(what: string, text: string): number {
  const number = Number(text)
  if (!Number.isFinite(number) || number <= 0) {
    throw new NodeRefused(`${what} ${text} is no number above 0`)
  }
  return number
}

export function wholeOf(what: string, text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new NodeRefused(`${what} ${text} is no whole number`)
  return BigInt(text)
}

export const note = (text: string): void => console.error(colors.dim(text))
