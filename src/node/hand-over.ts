/**
 * Before a node stops cleanly: the groups that it leads are handed to their most advanced followers, so
 * that nobody has to wait for an election. A matter of courtesy: whatever fails, the node may stop.
 */

import { REGION_KEEPER } from '../actors/region-keeper/behavior.ts'
import type { GroupId, NodeName } from '../base/ids.ts'
import { address } from '../runtime/address.ts'
import type { Outside } from '../runtime/outside.ts'
import type { NodeShards } from '../runtime/threads/node-shards.ts'
import type { GroupStatusIs, GroupTransfer } from '../wire/messages/group.ts'
import { gatherShards } from './report.ts'

const ASK_MS = 500
const LOOKS = 20
const LOOK_MS = 50

/** The same for its regions: resolves when it leads none, or after a second or so. Never rejects. */
export async function handOverRegions(
  outside: Outside,
  node: NodeName,
  shards: NodeShards,
): Promise<void> {
  const port = outside.open(() => {})
  const led = async (): Promise<boolean> =>
    (await gatherShards(shards)).some(({ regions }) => regions.leaders > 0)
  for (const { shard } of await gatherShards(shards)) {
    port.send(address(node, REGION_KEEPER, String(shard)), { kind: 'region.hand-over' })
  }
  for (let look = 0; look < LOOKS && (await led()); look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  port.close()
}

/** Resolves when this node leads none of the groups, or after a second or so. Never rejects. */
export async function handOver(
  outside: Outside,
  node: NodeName,
  groups: readonly GroupId[],
): Promise<void> {
  await Promise.all(groups.map((group) => handOverOne(outside, node, group)))
}

async function handOverOne(outside: Outside, node: NodeName, group: GroupId): Promise<void> {
  const at = address(node, 'raft-group', group)
  const leads = async (): Promise<boolean> => {
    const outcome = await outside.ask(at, { kind: 'group.status' }, ASK_MS)
    return outcome.ok && (outcome.message as GroupStatusIs).role === 'leader'
  }
  if (!(await leads())) return
  const transfer: GroupTransfer = { kind: 'group.transfer', node: undefined }
  await outside.ask(at, transfer, ASK_MS)
  for (let look = 0; look < LOOKS && (await leads()); look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
