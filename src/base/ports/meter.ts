/** The measuring port: actors and hosts count into it, `admin` renders it. Names are those of Prometheus. */

export interface Meter {
  /** Adds to a counter. */
  count(name: string, by?: number): void
  /** Sets a gauge. */
  gauge(name: string, value: number): void
  /** Observes one value of a histogram, in the unit its name ends with (`_seconds`, `_bytes`). */
  observe(name: string, value: number): void
}

export const UNMETERED: Meter = { count() {}, gauge() {}, observe() {} }
