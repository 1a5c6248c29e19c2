/** What an actor did so far, over all its lives. */

export class CellCounters {
  inputs = 0
  /** Time in `receive`, in microseconds by the host's stopwatch. */
  busyUs = 0
  longestUs = 0
  /** Deepest its mailbox has been. */
  highWater = 0
  throws = 0

  handled(us: number): void {
    this.inputs++
    this.busyUs += us
    if (us > this.longestUs) this.longestUs = us
  }

  depth(now: number): void {
    if (now > this.highWater) this.highWater = now
  }
}
