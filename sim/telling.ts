/** Reports as text. */

import type { RunReport } from './report.ts'

export function oneLine(report: RunReport): string {
  const first = report.findings[0]
  const what = first === undefined ? 'pass' : `${report.verdict}: ${first.promise}`
  return `seed ${report.seed} ${report.hash} ${what}`
}

export function summary(report: RunReport): string {
  const { counts } = report
  const marks = Object.entries(report.marks).map(([name, times]) => `${name} ${times}`)
  const faults = Object.entries(report.faults).map(([name, times]) => `${name} ${times}`)
  const wrought = Object.entries(counts.wrought).map(([name, times]) => `${times} ${name}`)
  return [
    `${report.name}: ${report.verdict}`,
    `  seed ${report.seed}  trace ${report.hash}`,
    `  ${counts.operations} calls, ${counts.answered} answered, ${counts.unknown} unknown outcomes, ${counts.overlapping} overlapping pairs`,
    `  ${wrought.join(', ')}`,
    `  ${counts.faults} faults, ${counts.struck} struck calls in flight, ${counts.leaderChanges} leader changes`,
    `  ${counts.events} events in ${(counts.virtualMs / 1000).toFixed(1)} virtual seconds, ${counts.syncs} syncs`,
    `  faults: ${faults.join(', ') || 'none'}`,
    `  marks: ${marks.join(', ') || 'none'}`,
    ...(countsForItself(report)
      ? []
      : ['  no fault struck a call in flight: this run does not count']),
  ].join('\n')
}

/** A run in which no fault hit anything under way has shown nothing. */
export const countsForItself = (report: RunReport): boolean => report.counts.struck > 0

export function explain(report: RunReport): string {
  const findings = report.findings.slice(0, 10).map(({ promise, sentence, atUs }) => {
    const at = atUs === undefined ? '' : ` at ${(atUs / 1000).toFixed(3)}ms`
    return `  ${promise}${at}: ${sentence}`
  })
  return [
    `broken:`,
    ...findings,
    `before that:`,
    ...report.recent.slice(-40).map((line) => `  ${line}`),
  ].join('\n')
}
