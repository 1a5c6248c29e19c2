/** gRPC's C core as a client (Debian's python3-grpcio): another HTTP/2 than Node's, another gRPC than Google's in JS. */

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { runDoor } from '../support/running-door.ts'

/** Debian's own: its packages are not seen by others. */
const PYTHON = '/usr/bin/python3'
const installed = spawnSync(PYTHON, ['-c', 'import grpc']).status === 0
const skip = !installed && process.env.CI === undefined && 'needs python3-grpcio'

/** Speaks protobuf by hand: a key of one byte, a value, and what the answer begins with. */
const SCRIPT = `
import grpc, sys
channel = grpc.insecure_channel(sys.argv[1])
raw = lambda data: data
call = lambda path: channel.unary_unary(path, request_serializer=raw, response_deserializer=raw)
put = call('/etcdserverpb.KV/Put')
get = call('/etcdserverpb.KV/Range')
print(put(bytes([10, 1]) + b'k' + bytes([18, 1]) + b'v', timeout=5)[0])
print(b'v' in get(bytes([10, 1]) + b'k', timeout=5))
print(b'v' in get(bytes([10, 1]) + b'k', timeout=5, compression=grpc.Compression.Gzip))
try:
    put(b'', timeout=5)
except grpc.RpcError as error:
    print(error.code().name, error.details())
try:
    put(bytes([10, 1]) + b'k' + bytes([18, 0x80, 0x80, 0x80, 2]) + b'x' * (4 << 20), timeout=5)
except grpc.RpcError as error:
    print(error.code().name, error.details().split('(')[0])
watch = channel.stream_stream('/etcdserverpb.Watch/Watch', request_serializer=raw, response_deserializer=raw)
answers = watch(iter([bytes([10, 3, 10, 1]) + b'k']))
print(len(next(answers)) > 0)
put(bytes([10, 1]) + b'k' + bytes([18, 5]) + b'event', timeout=5)
print(b'event' in next(answers))
answers.cancel()
`

describe('gRPC C core', { timeout: 30_000 }, () => {
  it('puts, gets, compresses, is refused and watches', { skip }, async () => {
    const door = await runDoor()
    const output = await new Promise<string>((resolve, reject) => {
      execFile(PYTHON, ['-c', SCRIPT, door.endpoint], { timeout: 20_000 }, (error, out, err) =>
        error ? reject(new Error(`${error.message}\n${err}`)) : resolve(out),
      )
    })
    await door.close()
    assert.deepEqual(output.trim().split('\n'), [
      '10',
      'True',
      'True',
      'INVALID_ARGUMENT etcdserver: key is not provided',
      'RESOURCE_EXHAUSTED grpc: received message larger than max ',
      'True',
      'True',
    ])
  })
})
