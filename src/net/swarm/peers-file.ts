/**
 * Remembered peers in a small JSON file. It only saves look-ups: an unreadable one is as good as none,
 * and it is not synced.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { RememberedPeer, RememberedPeers } from './swarm-options.ts'

/** Reads the file at once; writes it when what is remembered has changed. */
export function rememberPeersIn(path: string): RememberedPeers {
  const known = read(path)
  let written = JSON.stringify(known)
  return {
    known,
    save(peers) {
      const content = JSON.stringify(peers)
      if (content === written) return
      writeFileSync(`${path}.new`, `${content}\n`)
      renameSync(`${path}.new`, path)
      written = content
    },
  }
}

function read(path: string): readonly RememberedPeer[] {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(content) ? content.filter(isPeer) : []
  } catch {
    return []
  }
}

function isPeer(it: Partial<Record<keyof RememberedPeer, unknown>> | null): it is RememberedPeer {
  return (
    typeof it?.name === 'string' &&
    typeof it.publicKey === 'string' &&
    /^[0-9a-f]{64}$/.test(it.publicKey) &&
    typeof it.host === 'string' &&
    Number.isInteger(it.port)
  )
}
