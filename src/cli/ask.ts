/** Asks a node for its status over HTTP. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeConfig } from '../config/schema.ts'
import type { StatusReport } from '../node/status-report.ts'

const PATIENCE_MS = 2000

/** What the node at `host:port` tells, or undefined if it does not answer. */
export async function askStatus(address: string): Promise<StatusReport | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(`http://${address}/status`, { signal })
    return response.ok ? ((await response.json()) as StatusReport) : undefined
  } catch {
    return undefined
  }
}

/** Where a node answers HTTP: by its config, or by what it wrote when the config leaves it open. */
export function httpAddress({ data, http }: NodeConfig): string {
  return http.port !== 0 ? `${http.host}:${http.port}` : (readReady(data)?.http ?? `${http.host}:0`)
}

function readReady(data: string): { http: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8')) as { http: string }
  } catch {
    return undefined
  }
}
