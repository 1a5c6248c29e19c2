/**
 * Which protobuf codec the doors should use: encodes and decodes etcd's hot messages with generated code
 * (ts-proto, with its own writer and with the doors'), and with protobuf-es' reflection over a descriptor set. `node proto/measure.ts`
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { MessageWriter } from '../src/api/grpc/message-writer.ts'
import { PutRequest, RangeResponse } from '../src/wire/proto/etcdserverpb/kv.ts'

const ROUNDS = 300_000
const key = new Uint8Array(32).fill(97)
const value = new Uint8Array(256).fill(98)
const put = { key, value, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }
const range = {
  header: { clusterId: 1n << 63n, memberId: 1n << 62n, revision: 123_456n, raftTerm: 3n },
  kvs: [{ key, value, createRevision: 99n, modRevision: 123_456n, version: 5n, lease: 0n }],
  more: false,
  count: 1n,
}

const { PutRequest: putDesc, RangeResponse: rangeDesc } = descriptors()
const putBytes = PutRequest.encode(put).finish()
const rangeBytes = RangeResponse.encode(range).finish()

const writer = new MessageWriter()

measure('ts-proto    PutRequest    encode', () => PutRequest.encode(put).finish())
measure('protobuf-es PutRequest    encode', () => toBinary(putDesc, create(putDesc, put)))
measure('ts-proto    PutRequest    decode', () => PutRequest.decode(putBytes))
measure('protobuf-es PutRequest    decode', () => fromBinary(putDesc, putBytes))
measure('ts-proto    RangeResponse encode', () => RangeResponse.encode(range).finish())
measure('protobuf-es RangeResponse encode', () => toBinary(rangeDesc, create(rangeDesc, range)))
measure('ts-proto + our writer     encode', () => {
  RangeResponse.encode(range, writer.start() as never)
  return writer.frame()
})
measure('ts-proto    RangeResponse decode', () => RangeResponse.decode(rangeBytes))
measure('protobuf-es RangeResponse decode', () => fromBinary(rangeDesc, rangeBytes))

function measure(name: string, once: () => unknown): void {
  for (let i = 0; i < ROUNDS / 10; i++) once()
  const started = performance.now()
  for (let i = 0; i < ROUNDS; i++) once()
  const perSecond = (ROUNDS / (performance.now() - started)) * 1000
  console.log(`${name} ${(perSecond / 1e6).toFixed(2)} M/s`)
}

function descriptors(): { PutRequest: DescMessage; RangeResponse: DescMessage } {
  const root = join(import.meta.dirname, '..')
  const built = spawnSync(join(root, 'node_modules/.bin/buf'), ['build', 'proto', '-o', '-'], {
    cwd: root,
    maxBuffer: 1 << 24,
  })
  if (built.status !== 0) throw new Error(`buf build failed: ${built.stderr}`)
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, built.stdout))
  const message = (name: string): DescMessage => {
    const found = registry.getMessage(`etcdserverpb.${name}`)
    if (!found) throw new Error(`no message ${name} in proto/`)
    return found
  }
  return { PutRequest: message('PutRequest'), RangeResponse: message('RangeResponse') }
}
