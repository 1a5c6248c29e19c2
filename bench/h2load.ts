/** The load: h2load posts one prepared gRPC request again and again, to either server the same. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFile } from './processes.ts'

export interface Load {
  readonly endpoint: string
  /** `KV/Put`, without the package. */
  readonly method: string
  readonly frame: Buffer
  readonly connections: number
  /** Requests under way on each connection. */
  readonly streams: number
  readonly requests: number
}

export interface LoadResult {
  readonly perSecond: number
  readonly meanMs: number
  /** Responses that came whole with HTTP status 200; gRPC errors are among them. */
  readonly succeeded: number
  /** Bytes of response bodies. */
  readonly dataBytes: number
  readonly seconds: number
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }
const SCALE: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

export async function runLoad(load: Load): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'plasma-bench-'))
  const body = join(directory, 'request')
  writeFileSync(body, load.frame)
  const args = [
    ...['-n', load.requests, '-c', load.connections, '-m', load.streams, '-t', 1].map(String),
    ...['-d', body, '-H', 'content-type: application/grpc', '-H', 'te: trailers'],
    `http://${load.endpoint}/etcdserverpb.${load.method}`,
  ]
  try {
    const { stdout } = await runFile('h2load', args)
    return parse(stdout)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function parse(output: string): LoadResult {
  const find = (pattern: RegExp): RegExpExecArray => {
    const found = pattern.exec(output)
    if (found === null) throw new Error(`h2load printed nothing like ${pattern}:\n${output}`)
    return found
  }
  const [, seconds, secondsUnit, perSecond] = find(/finished in ([\d.]+)(us|ms|s), ([\d.]+) req\/s/)
  const [, succeeded] = find(/(\d+) succeeded/)
  const [, data] = find(/\((\d+)\) data/)
  // Columns: min, max, mean, deviation.
  const [, mean, unit] = find(/time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/)
  return {
    perSecond: Number(perSecond),
    meanMs: Number(mean) * (MILLISECONDS[unit as string] as number),
    succeeded: Number(succeeded),
    dataBytes: Number(data) * (SCALE[''] as number),
    seconds: (Number(seconds) * (MILLISECONDS[secondsUnit as string] as number)) / 1000,
  }
}
