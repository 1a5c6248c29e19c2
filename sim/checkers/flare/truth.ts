/**
 * What FlareDB holds, as its disks show it, without asking its actors: every version of every key that ever
 * landed anywhere. It was committed, and by the order of versions the past of each key is known.
 */

import { type Bytes, equalBytes } from '../../../src/base/bytes.ts'
import type { VersionRow } from '../../../src/core/region/rows.ts'
import { versionOf } from '../../../src/storage/region-keyspace.ts'
import { readVersionRow } from '../../../src/storage/region-rows.ts'
import type { StoreOp } from '../../../src/storage/store.ts'
import type { Finding } from '../findings.ts'
import { keyText } from '../timeline.ts'

const DATA = 0x64
const VERSIONS = 0x77
const ROOM_AT = 5

/** A version that readers see: a put or a delete. */
export interface Written {
  readonly commit: bigint
  /** Undefined: the key was deleted. */
  readonly value: string | undefined
}

interface SeenRow {
  row: VersionRow
  readonly disk: string
}

export class Truth {
  readonly findings: Finding[] = []
  readonly #rows = new Map<string, Map<bigint, SeenRow>>()
  readonly #written = new Map<string, readonly Written[]>()

  landed(disk: string, op: StoreOp, atUs: number): void {
    if (op.type !== 'put' || op.key[0] !== DATA || op.key[ROOM_AT] !== VERSIONS) return
    const { key, at } = versionOf(op.key)
    const name = keyText(key)
    const versions = this.#rows.get(name) ?? new Map<bigint, SeenRow>()
    this.#rows.set(name, versions)
    const row = readVersionRow([op.key, op.value])
    const seen = versions.get(at)
    this.#written.delete(name)
    if (seen === undefined) versions.set(at, { row, disk })
    else if (isShrunk(seen.row, row) || isSame(seen.row, row)) seen.row = row
    else if (!isShrunk(row, seen.row)) {
      const sentence = `${disk} has another version ${at} of ${name} than ${seen.disk}: ${told(row)}, not ${told(seen.row)}`
      this.findings.push({ promise: 'region.replicas', sentence, atUs })
    }
  }

  keys(): readonly string[] {
    return [...this.#rows.keys()].sort()
  }

  /** All that was ever written to a key, the oldest first. */
  of(key: string): readonly Written[] {
    let written = this.#written.get(key)
    if (written === undefined) {
      const rows = [...(this.#rows.get(key)?.values() ?? [])].map(({ row }) => row)
      written = rows
        .filter(({ kind }) => kind === 'put' || kind === 'delete')
        .sort((a, b) => (a.commit < b.commit ? -1 : 1))
        .map(({ commit, kind, value }) => ({
          commit,
          value: kind === 'put' ? keyText(value) : undefined,
        }))
      this.#written.set(key, written)
    }
    return written
  }

  /** What a snapshot shows of a key. */
  at(key: string, stamp: bigint): Written | undefined {
    return this.of(key).findLast(({ commit }) => commit <= stamp)
  }
}

/** Collection leaves of a superseded version that its transaction was committed; the other way round, a slow disk. */
const isShrunk = (before: VersionRow, now: VersionRow): boolean =>
  before.kind === 'lock' && before.decisive && now.decisive && before.start === now.start

/** A rollback at the very timestamp of a version is noted on it, and nothing else of it ever changes. */
function isSame(a: VersionRow, b: VersionRow): boolean {
  return (
    a.kind === b.kind &&
    a.start === b.start &&
    a.decisive === b.decisive &&
    a.expiryMs === b.expiryMs &&
    equalBytes(a.value as Bytes, b.value as Bytes)
  )
}

const told = ({ kind, start, decisive, expiryMs, value }: VersionRow): string =>
  `${kind} ${keyText(value)} from ${start}, ${decisive ? 'decisive, ' : ''}until ${expiryMs}`
