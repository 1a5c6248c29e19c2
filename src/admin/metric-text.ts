/**
 * Readings as Prometheus' text, through prom-client. A reading's name may carry labels, as in
 * `calls_total{method="Put"}`; readings of one name make one family.
 */

import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { boundsOf, type MeterReadings } from '../base/meter-book.ts'

type Labels = Readonly<Record<string, string>>
type Kind = 'counter' | 'gauge' | 'histogram'

interface Value {
  readonly metricName: string
  readonly labels: Labels
  readonly value: number
}

interface Family {
  readonly name: string
  readonly kind: Kind
  readonly values: Value[]
}

/** Where a scrape gets its figures; asked anew each time. */
export type ReadMeters = () => Promise<MeterReadings>

export class MetricText {
  readonly #process = new Registry()
  readonly #read: ReadMeters
  readonly #help: Readonly<Record<string, string>>

  constructor(read: ReadMeters, help: Readonly<Record<string, string>>) {
    this.#read = read
    this.#help = help
    collectDefaultMetrics({ register: this.#process })
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE

  async render(): Promise<string> {
    const registry = new Registry()
    for (const family of familiesOf(await this.#read())) {
      registry.registerMetric(this.#asMetric(family))
    }
    return `${await registry.metrics()}\n${await this.#process.metrics()}`
  }

  /** What the registry needs of a metric: its name, and its values when asked. */
  #asMetric({ name, kind, values }: Family): Metric {
    const help = this.#help[name] ?? name.replaceAll('_', ' ')
    const get = async () => ({ name, help, type: kind, aggregator: 'sum', values })
    return { name, help, get } as unknown as Metric
  }
}

function familiesOf({ counters, gauges, histograms }: MeterReadings): Iterable<Family> {
  const families = new Map<string, Family>()
  const family = (name: string, kind: Kind): Family => {
    let found = families.get(name)
    if (!found) {
      found = { name, kind, values: [] }
      families.set(name, found)
    }
    return found
  }
  const plain = (kind: Kind) => {
    return ([full, value]: readonly [string, number]) => {
      const [name, labels] = splitName(full)
      family(name, kind).values.push({ metricName: name, labels, value })
    }
  }
  counters.forEach(plain('counter'))
  gauges.forEach(plain('gauge'))
  for (const [full, { counts, sum }] of histograms) {
    const [name, labels] = splitName(full)
    family(name, 'histogram').values.push(...histogramValues(name, labels, counts, sum))
  }
  return families.values()
}

function histogramValues(
  name: string,
  labels: Labels,
  counts: readonly number[],
  sum: number,
): Value[] {
  let total = 0
  const buckets = counts.map((count, at): Value => {
    total += count
    const bound = boundsOf(name)[at]
    const le = bound === undefined ? '+Inf' : String(bound)
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

function splitName(full: string): [name: string, labels: Labels] {
  const brace = full.indexOf('{')
  if (brace < 0) return [full, {}]
  const pairs = full.slice(brace + 1, -1).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)
  return [
    full.slice(0, brace),
    Object.fromEntries([...pairs].map(([, name, value]) => [name, value])),
  ]
}
