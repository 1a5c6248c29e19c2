/** Ending with the process that started this one, even if it was killed: a pipe that closes tells. */

import { Socket } from 'node:net'

/** Names the file descriptor of the pipe. */
export const PARENT_FD = 'PLASMA_PARENT_FD'

/** Calls back once the parent is gone. Does nothing for a process that was not started so. */
export function whenParentEnds(ended: () => void): void {
  const fd = Number(process.env[PARENT_FD])
  delete process.env[PARENT_FD]
  if (!Number.isInteger(fd) || fd < 3) return
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('error', ended).on('close', ended).resume()
  // The pipe alone keeps nothing running.
  pipe.unref()
}
