/** `plasma status`: what every node of a place tells, as tables or JSON. */

import { askStatus, httpUrl } from './ask.ts'
import { type CredentialFlags, credentialsOf, credentialsOfNode } from './credentials.ts'
import { nodesOf } from './nodes.ts'
import { type Asked, nodesTable, shardsTable } from './tables.ts'

export interface StatusOptions extends CredentialFlags {
  readonly json: boolean
}

/** The exit code: 1 when a node did not answer. */
export async function runStatus(place: string, options: StatusOptions): Promise<number> {
  const asked = await Promise.all(askedIn(place, options))
  if (options.json) console.log(JSON.stringify(asked, null, 2))
  else console.log(`${nodesTable(asked)}\n\n${shardsTable(asked)}`)
  return asked.every(({ report }) => report !== undefined) ? 0 : 1
}

function askedIn(place: string, flags: CredentialFlags): Promise<Asked>[] {
  const given = credentialsOf(flags)
  const address = /^(?:(https?):\/\/)?([^/]+:\d+)\/?$/.exec(place)
  if (address !== null) {
    const [, scheme = given === undefined ? 'http' : 'https', hostAndPort] = address
    const target = { url: `${scheme}://${hostAndPort}`, credentials: () => given }
    return [askStatus(target).then((answer) => ({ name: answer.report?.node ?? place, ...answer }))]
  }
  return nodesOf(place, []).map(async ({ config }) => ({
    name: config.node,
    ...(await askStatus({
      url: httpUrl(config),
      credentials: () => given ?? credentialsOfNode(config),
    })),
  }))
}
