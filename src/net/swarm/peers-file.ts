/**
 * Remembered peers in a small JSON file. It only saves look-ups: an unreadable one is as good as none,
 * and it is not synced. Who is no member any more is not remembered.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { NodeName } from '../../base/ids.ts'
import type { RememberedPeer, RememberedPeers } from './swarm-options.ts'

/** Reads the file at once; writes it when what is remembered has changed. */
export function rememberPeersIn(
  path: string,
  isMember: (name: NodeName) => boolean = () => true,
): RememberedPeers {
  const kept = read(path)
  const known = kept.filter(({ name }) => isMember(name))
  let written = JSON.stringify(kept)
  const save = (peers: readonly RememberedPeer[]): void => {
    const content = JSON.stringify(peers)
    if (content === written) return
    writeFileSync(`${path}.new`, `${content}\n`)
    renameSync(`${path}.new`, path)
    written = content
  }
  if (known.length < kept.length) save(known)
  return { known, save }
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
