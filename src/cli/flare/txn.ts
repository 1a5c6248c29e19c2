/** `txn`: reads and writes of many keys at once, all of them or none. */

import type { Command } from 'commander'
import { Conflict, type Row, type TxnNamespace } from '../../client/flare/index.ts'
import { NodeRefused } from '../../node/refused.ts'
import { textOfFile } from './batch.ts'
import { columnsOf, ROW, rowOf } from './kv.ts'
import { bytesIn, objectIn } from './records.ts'
import { EXIT, runs, type Session, wholeOf } from './run.ts'

const OPERATIONS = ['get', 'put', 'insert', 'delete', 'lock'] as const

interface Step {
  readonly op: (typeof OPERATIONS)[number]
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
  /** The key must have this version; 0n: it must not be there. */
  readonly expect: bigint | undefined
  readonly line: number
}

export function addTxnCommand(flare: Command): void {
  flare
    .command('txn')
    .description('get, put, insert, delete and lock keys, wherever they lie: all of it or nothing')
    .argument('[file]', 'lines like {"op":"put","key":"a","value":"1","expect":"0"}', '-')
    .action(runs(txn))
}

async function txn({ db, namespace, out }: Session, file: string) {
  const steps = stepsIn(textOfFile(file))
  const { value: rows, version } = await db.transact(async (transaction) => {
    const room = transaction.namespace(namespace.name)
    const found: Row[] = []
    for (const step of steps) found.push(...(await take(step, room)))
    return found
  })
  if (out.json) out.line({ version, rows: rows.map(rowOf) })
  else {
    if (rows.length > 0) {
      out.table(
        ROW,
        rows.map((row) => columnsOf(row, out)),
      )
    }
    out.say(`version ${version}`)
  }
  return EXIT.ok
}

/** What a step reads; a wrong expectation ends the transaction. */
async function take(step: Step, room: TxnNamespace): Promise<readonly Row[]> {
  const { op, key, value, expect } = step
  const row = op === 'get' || expect !== undefined ? await room.get(key) : undefined
  if (expect !== undefined) {
    const version = row?.version ?? 0n
    if (version !== expect) {
      throw new Conflict('conflict', `line ${step.line}: the version is ${version}, not ${expect}`)
    }
    // What was compared must still hold when it is committed.
    room.lock(key)
  }
  if (op === 'get') return row === undefined ? [] : [row]
  if (op === 'delete') room.delete(key)
  else if (op === 'lock') room.lock(key)
  else room[op](key, value as Uint8Array)
  return []
}

function stepsIn(text: string): Step[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : stepIn(line, i + 1)))
}

function stepIn(text: string, line: number): Step {
  const object = objectIn(text, line)
  const op = OPERATIONS.find((name) => name === (object.op ?? 'put'))
  if (op === undefined) {
    throw new NodeRefused(`line ${line}: op is ${OPERATIONS.join(', ')}, not ${object.op}`)
  }
  const key = bytesIn(object, 'key')
  if (key === undefined) throw new NodeRefused(`line ${line}: it needs key or key64`)
  const value = bytesIn(object, 'value')
  if ((op === 'put' || op === 'insert') && value === undefined) {
    throw new NodeRefused(`line ${line}: ${op} needs value or value64`)
  }
  const expect = object.expect === undefined ? undefined : wholeOf('expect', `${object.expect}`)
  return { op, key, value, expect, line }
}
