/** What the package offers as `plasma/flare`. */

export type {
  DigestResponse,
  Region,
  ReplicaDigest,
  Row,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
export { ReplicaState } from '../../wire/proto/flaredb/v1/flaredb.ts'
export type { ClientTls } from '../endpoints.ts'
export { type Text, textOf } from '../shapes.ts'
export type { ModeName, NamespaceInfo, StoreInfo, StoreStateName, Stores } from './admin.ts'
export { connect, type FlareClient, type FlareOptions, type Stamps } from './client.ts'
export { Conflict, FlareError, NamespaceMode, Undetermined, VersionMismatch } from './errors.ts'
export type {
  BatchOp,
  BatchPart,
  Checksum,
  Namespace,
  Page,
  PageOptions,
  PutOptions,
  Range,
  ReadOptions,
} from './namespace.ts'
export type { Transacted, TransactOptions } from './transact.ts'
export type { Transaction, TxnNamespace } from './transaction.ts'
