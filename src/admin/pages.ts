/** The pages of a node: all on its HTTP port, the public ones on its client ports too. */

import type { RequestListener } from 'node:http'
import type { Log } from '../base/ports/log.ts'
import { type Faults, faultsPage } from './faults-page.ts'
import { type HealthPagesParts, healthPages } from './health-pages.ts'
import { json, onlyMethod, type Page, type Pages, serve } from './page.ts'

export interface PublicPagesParts extends HealthPagesParts {
  /** Prometheus' text; rejects when it cannot be had now. */
  readonly metrics: () => Promise<string>
  readonly log: Log
}

export interface AdminPagesParts extends PublicPagesParts {
  /** JSON for people and tools, by path: `/status`, `/inspect`. */
  readonly reports: Readonly<Record<string, () => Promise<object>>>
  /** More pages by path, for tests and benches. */
  readonly tools?: Pages
  /** Only where the config allows faults. */
  readonly faults?: Faults
}

/** `/health /livez /readyz /ready /version /metrics`. */
export const publicPages = (parts: PublicPagesParts): RequestListener =>
  serve(publicOnes(parts), parts.log)

export function adminPages(parts: AdminPagesParts): RequestListener {
  const reports = Object.entries(parts.reports).map(([path, report]) => [path, reportPage(report)])
  const faults: Pages = parts.faults ? { '/debug/faults/': faultsPage(parts.faults) } : {}
  return serve(
    { ...publicOnes(parts), ...Object.fromEntries(reports), ...parts.tools, ...faults },
    parts.log,
  )
}

const publicOnes = (parts: PublicPagesParts): Pages => ({
  ...healthPages(parts),
  '/metrics': onlyMethod('GET', metricsPage(parts.metrics)),
})

const metricsPage =
  (metrics: () => Promise<string>): Page =>
  async () => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: await metrics(),
  })

const reportPage = (report: () => Promise<object>): Page =>
  onlyMethod('GET', async () => json(200, await report()))
