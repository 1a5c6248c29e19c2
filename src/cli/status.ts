/** `plasma status`: what every node of a place tells, as tables or JSON. */

import { askStatus, httpAddress } from './ask.ts'
import { nodesOf } from './nodes.ts'
import { type Asked, nodesTable, shardsTable } from './tables.ts'

export interface StatusOptions {
  readonly json: boolean
}

/** The exit code: 1 when a node did not answer. */
export async function runStatus(place: string, { json }: StatusOptions): Promise<number> {
  const asked = await Promise.all(askedIn(place))
  if (json) console.log(JSON.stringify(asked, null, 2))
  else console.log(`${nodesTable(asked)}\n\n${shardsTable(asked)}`)
  return asked.every(({ report }) => report !== undefined) ? 0 : 1
}

function askedIn(place: string): Promise<Asked>[] {
  if (/^[^/]+:\d+$/.test(place)) {
    return [askStatus(place).then((report) => ({ name: report?.node ?? place, report }))]
  }
  return nodesOf(place, []).map(async ({ config }) => ({
    name: config.node,
    report: await askStatus(httpAddress(config)),
  }))
}
