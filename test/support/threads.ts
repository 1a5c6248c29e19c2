/** What Linux tells of a process's threads. */

import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of CPU time that each worker thread has used, oldest thread first. */
export function workerTicks(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`).sort((a, b) => Number(a) - Number(b))
  return tasks.flatMap((task) => {
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
    if (!stat.includes('(WorkerThread)')) return []
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [Number(fields[11]) + Number(fields[12])]
  })
}
