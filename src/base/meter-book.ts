/**
 * A meter that keeps what it is told, to be sent elsewhere and added up: each thread has one, the main thread
 * absorbs those of the others. Plain data crosses between them.
 */

import type { Meter } from './ports/meter.ts'

export interface HistogramReading {
  /** How many values fell at or below each bound of `boundsOf(name)`, not counting lower ones; the last for the rest. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** What was counted since the last time; gauges as they stand. */
export interface MeterReadings {
  readonly counters: readonly (readonly [name: string, by: number])[]
  readonly gauges: readonly (readonly [name: string, value: number])[]
  readonly histograms: readonly (readonly [name: string, reading: HistogramReading])[]
}

const SECONDS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512,
  1.024, 2.048, 4.096, 8.192,
]
const BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]

/** Upper bounds of a histogram's buckets, by the unit its name ends with. */
export const boundsOf = (name: string): readonly number[] =>
  name.replace(/\{.*$/, '').endsWith('_bytes') ? BYTES : SECONDS

interface Histogram {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum: number
}

export class MeterBook implements Meter {
  readonly #counters = new Map<string, number>()
  readonly #gauges = new Map<string, number>()
  readonly #histograms = new Map<string, Histogram>()

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }

  gauge(name: string, value: number): void {
    this.#gauges.set(name, value)
  }

  observe(name: string, value: number): void {
    const histogram = this.#histogram(name)
    const { bounds, counts } = histogram
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    counts[at] = (counts[at] as number) + 1
    histogram.sum += value
  }

  /** Everything since the beginning. */
  read(): MeterReadings {
    return {
      counters: [...this.#counters],
      gauges: [...this.#gauges],
      histograms: [...this.#histograms].map(([name, { counts, sum }]) => [
        name,
        { counts: [...counts], sum },
      ]),
    }
  }

  /** Everything since the last drain; counting begins anew. */
  drain(): MeterReadings {
    const readings = this.read()
    this.#counters.clear()
    this.#histograms.clear()
    return readings
  }

  /** Adds what another book drained. */
  absorb({ counters, gauges, histograms }: MeterReadings): void {
    for (const [name, by] of counters) this.count(name, by)
    for (const [name, value] of gauges) this.gauge(name, value)
    for (const [name, { counts, sum }] of histograms) {
      const mine = this.#histogram(name)
      for (const [at, count] of counts.entries()) {
        mine.counts[at] = (mine.counts[at] as number) + count
      }
      mine.sum += sum
    }
  }

  #histogram(name: string): Histogram {
    let histogram = this.#histograms.get(name)
    if (!histogram) {
      const bounds = boundsOf(name)
      histogram = { bounds, counts: new Array(bounds.length + 1).fill(0), sum: 0 }
      this.#histograms.set(name, histogram)
    }
    return histogram
  }
}
