/** Looks at the metadata of every call, and counts it: the client's API version, and whether it insists on a leader. */

import type { Meter } from '../../base/ports/meter.ts'
import type { Guard } from '../grpc/call-context.ts'
import type { Status } from '../grpc/status.ts'
import { REFUSALS } from './errors.ts'
import { type LeaderMonitor, wantsLeader } from './leader-monitor.ts'

/** Clients choose the text: no more versions than this are counted apart. */
const VERSIONS_COUNTED = 32

export function etcdGuard(leaders: LeaderMonitor, meter: Meter): Guard {
  const unary = new RequestCounter(meter, 'unary')
  const stream = new RequestCounter(meter, 'stream')
  return (fields, method) => {
    const version = fields['client-api-version']
    const counter = method.run.type === 'streaming' ? stream : unary
    counter.count(version)
    if (version !== undefined && !isText(version)) return REFUSALS.invalidClientApiVersion
    return wantsLeader(fields) ? leaderOrRefusal(leaders) : undefined
  }
}

class RequestCounter {
  readonly #meter: Meter
  readonly #type: string
  readonly #names = new Map<string, string>()

  constructor(meter: Meter, type: string) {
    this.#meter = meter
    this.#type = type
  }

  count(version: string | undefined): void {
    this.#meter.count(this.#names.get(version ?? '') ?? this.#name(version ?? ''))
  }

  #name(version: string): string {
    const counted = this.#names.size < VERSIONS_COUNTED && /^[\w.-]{1,20}$/.test(version)
    const label = counted ? version : 'unknown'
    const name = `etcd_server_client_requests_total{type="${this.#type}",client_api_version="${label}"}`
    if (counted || version === '') this.#names.set(version, name)
    return name
  }
}

async function leaderOrRefusal(leaders: LeaderMonitor): Promise<Status | undefined> {
  return (await leaders.hasLeader()) ? undefined : REFUSALS.noLeader
}

/** Fields arrive as one character a byte; the bytes must be UTF-8. */
function isText(field: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(field, 'latin1'))
    return true
  } catch {
    return false
  }
}
