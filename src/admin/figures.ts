/**
 * The figures of a node under the names that etcd's dashboards and alerts use, and ours for what etcd has
 * not: made anew for each scrape from what the node tells. Those we cannot know are left out.
 */

import type { GroupStatus } from '../actors/chainfire.ts'
import type { MeterReadings } from '../base/meter-book.ts'

/** What a node knows of itself at the moment of a scrape. */
export interface NodeFigures {
  readonly node: string
  readonly etcdVersion: string
  readonly clusterVersion: string
  /** The id by which etcd's clients know this node. */
  readonly memberId: bigint
  readonly chainfire: GroupStatus
  readonly allocatedBytes: number
  readonly inUseBytes: number
  readonly quotaBytes: number
  readonly shards: readonly ShardFigures[]
  readonly links: readonly LinkFigures[]
  /** What the meters of all threads counted. */
  readonly meters: MeterReadings
}

export interface ShardFigures {
  readonly shard: number
  readonly turns: number
  readonly inputs: number
  readonly batches: number
  readonly actors: number
  readonly failedActors: number
  readonly deepestMailbox: number
  readonly connections: number
}

export interface LinkFigures {
  readonly name: string
  readonly connected: boolean
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly droppedFrames: number
}

type Reading = readonly [name: string, value: number]

export function readingsOf(figures: NodeFigures): MeterReadings {
  const { meters } = figures
  return {
    counters: [
      ...meters.counters,
      ...leaderChanges(figures),
      ...shardCounters(figures),
      ...linkCounters(figures),
    ],
    gauges: [
      ...meters.gauges,
      ...raftGauges(figures),
      ...storeGauges(figures),
      ...shardGauges(figures),
      ...linkGauges(figures),
    ],
    histograms: [...meters.histograms, ...syncs(figures)],
  }
}

/** etcd's name for what this node calls otherwise: changes of the leader of the store's own group. */
function leaderChanges({ meters }: NodeFigures): Reading[] {
  const own = 'plasma_leader_changes_total{group="chainfire"}'
  const seen = meters.counters.find(([name]) => name === own)?.[1] ?? 0
  return [['etcd_server_leader_changes_seen_total', seen]]
}

/** And for the syncing of batches: they are the log and the data at once. */
function syncs({ meters }: NodeFigures): MeterReadings['histograms'] {
  const batches = meters.histograms.find(([name]) => name === 'plasma_batch_seconds')
  return batches === undefined ? [] : [['etcd_disk_wal_fsync_duration_seconds', batches[1]]]
}

function raftGauges({ chainfire, ...node }: NodeFigures): Reading[] {
  return [
    ['etcd_server_has_leader', chainfire.leader === undefined ? 0 : 1],
    ['etcd_server_is_leader', chainfire.role === 'leader' ? 1 : 0],
    ['etcd_server_is_learner', chainfire.role === 'learner' ? 1 : 0],
    ['etcd_server_proposals_committed_total', chainfire.commitIndex],
    ['etcd_server_proposals_applied_total', chainfire.appliedIndex],
    ['etcd_server_proposals_pending', Math.max(0, chainfire.lastIndex - chainfire.commitIndex)],
    [`etcd_server_id{server_id="${node.memberId.toString(16)}"}`, 1],
    [`etcd_server_version{server_version="${node.etcdVersion}"}`, 1],
    [`etcd_cluster_version{cluster_version="${node.clusterVersion.replace(/\.0$/, '')}"}`, 1],
    ['plasma_chainfire_term', chainfire.term],
    ['plasma_chainfire_quiescent', chainfire.quiescent ? 1 : 0],
  ]
}

function storeGauges({ chainfire, ...node }: NodeFigures): Reading[] {
  return [
    ['etcd_mvcc_db_total_size_in_bytes', node.allocatedBytes],
    ['etcd_mvcc_db_total_size_in_use_in_bytes', node.inUseBytes],
    ['etcd_server_quota_backend_bytes', node.quotaBytes],
    ['etcd_debugging_mvcc_keys_total', chainfire.keys],
    ['etcd_debugging_mvcc_current_revision', chainfire.revision],
    ['etcd_debugging_mvcc_compact_revision', chainfire.compactRevision],
    ['plasma_chainfire_leases', chainfire.leases],
  ]
}

function shardCounters({ shards }: NodeFigures): Reading[] {
  return shards.flatMap((shard): Reading[] => [
    [`plasma_shard_turns_total{shard="${shard.shard}"}`, shard.turns],
    [`plasma_shard_inputs_total{shard="${shard.shard}"}`, shard.inputs],
    [`plasma_shard_batches_total{shard="${shard.shard}"}`, shard.batches],
  ])
}

function shardGauges({ shards }: NodeFigures): Reading[] {
  return shards.flatMap((shard): Reading[] => [
    [`plasma_shard_actors{shard="${shard.shard}"}`, shard.actors],
    [`plasma_shard_failed_actors{shard="${shard.shard}"}`, shard.failedActors],
    [`plasma_shard_deepest_mailbox{shard="${shard.shard}"}`, shard.deepestMailbox],
    [`plasma_client_connections{shard="${shard.shard}"}`, shard.connections],
  ])
}

function linkCounters({ links }: NodeFigures): Reading[] {
  return links.flatMap((link): Reading[] => [
    [`etcd_network_peer_sent_bytes_total{To="${link.name}"}`, link.sentBytes],
    [`etcd_network_peer_received_bytes_total{From="${link.name}"}`, link.receivedBytes],
    [`etcd_network_peer_sent_failures_total{To="${link.name}"}`, link.droppedFrames],
  ])
}

function linkGauges({ node, links }: NodeFigures): Reading[] {
  return links.flatMap((link): Reading[] => [
    [`etcd_network_known_peers{Local="${node}",Remote="${link.name}"}`, 1],
    [`etcd_network_active_peers{Local="${node}",Remote="${link.name}"}`, link.connected ? 1 : 0],
  ])
}

export const HELP: Readonly<Record<string, string>> = {
  etcd_server_has_leader: 'Whether this node knows a leader: 1 or 0.',
  etcd_server_is_leader: 'Whether this node leads: 1 or 0.',
  etcd_server_is_learner: 'Whether this node only learns: 1 or 0.',
  etcd_server_leader_changes_seen_total: 'Times this node learned of another leader.',
  etcd_disk_wal_fsync_duration_seconds: 'How long a batch took to be on disk.',
  etcd_server_proposals_committed_total: 'The commit index of the log.',
  etcd_server_proposals_applied_total: 'The applied index of the log.',
  etcd_server_proposals_pending: 'Entries in the log that are not committed yet.',
  etcd_server_id: 'This node’s id, in hex, as a label.',
  etcd_server_version: 'The version of etcd whose behaviour is shown, as a label.',
  etcd_cluster_version: 'The version that all nodes agree on, as a label.',
  etcd_server_health_success: 'Health checks that passed.',
  etcd_server_health_failures: 'Health checks that failed.',
  etcd_server_client_requests_total: 'Calls by kind and API version of the client.',
  etcd_mvcc_db_total_size_in_bytes: 'Bytes on disk.',
  etcd_mvcc_db_total_size_in_use_in_bytes: 'Bytes on disk that hold live data.',
  etcd_server_quota_backend_bytes: 'Bytes the store may take; 0 for no limit.',
  etcd_debugging_mvcc_keys_total: 'Keys in the store.',
  etcd_debugging_mvcc_current_revision: 'The revision of the store.',
  etcd_debugging_mvcc_compact_revision: 'The revision up to which the store is compacted.',
  etcd_network_peer_sent_bytes_total: 'Bytes sent to a peer.',
  etcd_network_peer_received_bytes_total: 'Bytes received from a peer.',
  etcd_network_peer_sent_failures_total: 'Frames for a peer that found no connection or no room.',
  etcd_network_peer_round_trip_time_seconds: 'How long a peer took to answer, once a second.',
  etcd_network_known_peers: 'Peers this node knows of.',
  etcd_network_active_peers: 'Peers this node is connected to: 1 or 0.',
  grpc_server_started_total: 'Calls begun.',
  grpc_server_handled_total: 'Calls ended, by code.',
  grpc_server_msg_received_total: 'Messages received on streams.',
  grpc_server_msg_sent_total: 'Messages sent on streams.',
  plasma_turn_seconds: 'How long a shard’s turn took.',
  plasma_batch_bytes: 'Bytes of a synced batch.',
  plasma_batch_seconds: 'How long a batch took to be on disk.',
  plasma_region_stamp_seconds: 'How long the oracle took to stamp the writes of a turn.',
  plasma_region_commit_seconds:
    'How long an entry of a region took from its proposal until it was applied.',
  plasma_store_regions: 'Regions with a peer on this node.',
  plasma_store_leaders: 'Regions led by this node.',
  plasma_store_region_bytes: 'Bytes of all versions of the regions on this node, about.',
  plasma_tso_timestamps_total: 'Timestamps given by this node while its oracle leads.',
  plasma_tso_extensions_total: 'Times the oracle moved the end of its window on disk.',
  plasma_placement_stores: 'Stores the driver knows; set where it drives.',
  plasma_placement_regions: 'Regions the driver knows; set where it drives.',
  plasma_placement_moves: 'Moves of replicas under way; set where the driver drives.',
  plasma_placement_moves_total: 'Moves begun, by the rule that wanted them.',
  plasma_leader_changes_total: 'Times this node learned of another leader of a group.',
  plasma_shard_turns_total: 'Turns a shard has taken.',
  plasma_shard_batches_total: 'Synced batches a shard has written.',
  plasma_shard_deepest_mailbox: 'Inputs waiting in the fullest mailbox of a shard.',
  plasma_client_connections: 'Client connections on a thread.',
}
