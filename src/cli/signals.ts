/**
 * The wish to end, from signals. A terminal sends Ctrl-C to every process in front of it, and npm, the
 * launcher and `plasma up` pass theirs on, so one wish may arrive several times within a moment: that
 * is still one. Only a later signal is a second wish.
 */

const MOMENT_MS = 1500

/**
 * Calls back with false at the first wish, with true at each later one: wait no longer. A hang-up is a wish
 * to end, too, unless there is something else to do then.
 */
export function onWishToEnd(end: (again: boolean) => void, hangUp?: () => void): void {
  let firstMs: number | undefined
  const take = (): void => {
    const nowMs = performance.now()
    if (firstMs !== undefined && nowMs - firstMs < MOMENT_MS) return
    const again = firstMs !== undefined
    firstMs ??= nowMs
    end(again)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, take)
  process.on('SIGHUP', hangUp ?? take)
}
