/**
 * Which part of an epoch a command must have right, and how a change moves it. The two numbers are compared
 * one by one: a region that was split and a region whose peers changed are stale in different ways.
 */

import type { RegionEpoch } from './types.ts'

/**
 * `data` reads and writes keys; `peers` changes the configuration; `split` cuts the range and names the peers
 * of its parts; `none` may come under any epoch (log compaction, transfer of leadership).
 */
export type EpochUse = 'data' | 'peers' | 'split' | 'none'

/** `ahead`: the asker knows of a change that this replica has not applied yet. */
export type EpochVerdict = 'ok' | 'stale' | 'ahead'

const CHECKS: Readonly<Record<EpochUse, { readonly version: boolean; readonly confVer: boolean }>> =
  {
    data: { version: true, confVer: false },
    peers: { version: false, confVer: true },
    split: { version: true, confVer: true },
    none: { version: false, confVer: false },
  }

export function checkEpoch(current: RegionEpoch, asked: RegionEpoch, use: EpochUse): EpochVerdict {
  const { version, confVer } = CHECKS[use]
  const stale =
    (version && asked.version < current.version) || (confVer && asked.confVer < current.confVer)
  if (stale) return 'stale'
  const ahead =
    (version && asked.version > current.version) || (confVer && asked.confVer > current.confVer)
  return ahead ? 'ahead' : 'ok'
}

/** Of every part alike, so that each of them beats what the parent was. */
export const epochAfterSplit = (epoch: RegionEpoch, newRegions: number): RegionEpoch => ({
  version: epoch.version + newRegions,
  confVer: epoch.confVer,
})

export const epochAfterPeers = (epoch: RegionEpoch): RegionEpoch => ({
  version: epoch.version,
  confVer: epoch.confVer + 1,
})

/** Whether `a` was true later than `b` in any respect. */
export const newerEpoch = (a: RegionEpoch, b: RegionEpoch): boolean =>
  a.version > b.version || a.confVer > b.confVer
