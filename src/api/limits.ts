/** What one client may ask of a door, with etcd's defaults. Bytes, counts and seconds as named. */

export interface DoorLimits {
  /** The largest proposal; the transport accepts 512 KiB more, so that refusing it has a good text. */
  readonly maxRequestBytes: number
  /** Operations in one list of a transaction, nested ones included. */
  readonly maxTxnOps: number
  /** A shorter lease is raised to this. */
  readonly minLeaseSeconds: number
  /** Responses under way to one watch stream before its consumer makes room. */
  readonly watchWindow: number
  readonly maxConcurrentStreams: number
}

export const ETCD_LIMITS: DoorLimits = {
  maxRequestBytes: 1_572_864,
  maxTxnOps: 128,
  minLeaseSeconds: 2,
  watchWindow: 128,
  maxConcurrentStreams: 4_294_967_295,
}

export const ENVELOPE_BYTES = 512 * 1024
