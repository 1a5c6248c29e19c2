/** `/health`, `/livez`, `/readyz`, `/ready`, `/version`, worded as etcd words them. */

import type { Chainfire } from '../actors/chainfire.ts'
import type { Meter } from '../base/ports/meter.ts'
import { type Check, livezChecks, readFailure, readyzChecks, runChecks } from './health.ts'
import { onlyMethod, type Page, type Pages, text } from './page.ts'

export interface Versions {
  readonly etcdserver: string
  readonly etcdcluster: string
  readonly storage: string
}

export interface HealthPagesParts {
  readonly chainfire: Chainfire
  readonly versions: Versions
  readonly meter: Meter
}

export function healthPages({ chainfire, versions, meter }: HealthPagesParts): Pages {
  const readyz = readyzChecks(chainfire)
  return {
    '/health': onlyMethod('GET', healthPage(chainfire, meter)),
    ...checkPages('/livez', livezChecks(chainfire)),
    ...checkPages('/readyz', readyz),
    '/ready': onlyMethod('GET', checksPage(readyz)),
    '/version': onlyMethod('GET', versionPage(chainfire, versions)),
  }
}

function healthPage(chainfire: Chainfire, meter: Meter): Page {
  return async ({ url }) => {
    const reason = await unhealthy(chainfire, url.searchParams.get('serializable') === 'true')
    meter.count(reason === '' ? 'etcd_server_health_success' : 'etcd_server_health_failures')
    const body = JSON.stringify({ health: reason === '' ? 'true' : 'false', reason })
    return reason === '' ? text(200, body) : text(503, `${body}\n`)
  }
}

/** There are no alarms: what is left to ask for is a leader, and an answered read. */
async function unhealthy(chainfire: Chainfire, serializable: boolean): Promise<string> {
  if (!serializable) {
    const { leader } = await chainfire.status()
    if (leader === undefined) return 'RAFT NO LEADER'
  }
  const failure = await readFailure(chainfire, serializable)
  return failure === undefined ? '' : `RANGE ERROR:${failure}`
}

/** All checks of a kind, and each by itself below. */
function checkPages(path: string, checks: readonly Check[]): Pages {
  const single = checks.map((check) => [
    `${path}/${check.name}`,
    onlyMethod('GET', checksPage([check])),
  ])
  return { [path]: onlyMethod('GET', checksPage(checks)), ...Object.fromEntries(single) }
}

function checksPage(checks: readonly Check[]): Page {
  return async ({ url }) => {
    const excluded = new Set(url.searchParams.getAll('exclude'))
    const results = await runChecks(checks.filter(({ name }) => !excluded.has(name)))
    const lines = results.map(({ name, failure }) =>
      failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${failure}\n`,
    )
    const failed = results.some(({ failure }) => failure !== undefined)
    if (failed) return text(503, `${lines.join('')}\n`)
    return text(200, url.searchParams.has('verbose') ? `${lines.join('')}ok\n` : 'ok\n')
  }
}

/** No cluster version is decided before the first leader. */
function versionPage(chainfire: Chainfire, versions: Versions): Page {
  return async () => {
    const { appliedIndex } = await chainfire.status()
    const etcdcluster = appliedIndex === 0 ? 'not_decided' : versions.etcdcluster
    const body = JSON.stringify({ ...versions, etcdcluster })
    return { status: 200, type: 'application/json', body }
  }
}
