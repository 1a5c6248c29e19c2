/** Quantities as schedules write them, always with their unit: `250ms`, `2s..4s`, `2%`, `50ppm`. */

const DURATION = /^(-?\d+(?:\.\d+)?)(us|ms|s|m)$/
const SCALE: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }

/** Whole microseconds; undefined if it is not a duration. */
export function readDuration(value: unknown): number | undefined {
  const match = typeof value === 'string' ? DURATION.exec(value) : null
  if (match === null) return undefined
  return Math.round(Number(match[1]) * (SCALE[match[2] as string] as number))
}

/** `20ms..200ms`, or one duration for both ends. */
export function readDurations(value: unknown): readonly [number, number] | undefined {
  const [low, high] = String(value).split('..')
  const from = readDuration(low)
  const to = high === undefined ? from : readDuration(high)
  return from === undefined || to === undefined || to < from ? undefined : [from, to]
}

/** `2%` or `0.5%`, in a million. */
export function readShare(value: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(String(value))
  return match === null || Number(match[1]) > 100
    ? undefined
    : Math.round(Number(match[1]) * 10_000)
}

export function readPpm(value: unknown): number | undefined {
  const match = /^(-?\d+)ppm$/.exec(String(value))
  return match === null ? undefined : Number(match[1])
}

export function readBytes(value: unknown): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(String(value))
  if (match === null) return undefined
  const power = ['B', 'KiB', 'MiB', 'GiB'].indexOf(match[2] as string)
  return Number(match[1]) * 1024 ** power
}
