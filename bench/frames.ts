/** Prepared gRPC requests: one message behind its five-byte prefix, ready to be posted again and again. */

const VARINT = 0
const BYTES = 2

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

function bytesField(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | BYTES, ...varint(value.length)]), value])
}

function flagField(number: number): Buffer {
  return Buffer.from([(number << 3) | VARINT, 1])
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** `KV/Put` of one key. */
export function putFrame(key: string, value: Uint8Array): Buffer {
  return framed(Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, value)]))
}

/** `KV/Range` of one key: linearizable, unless `serializable`. */
export function getFrame(key: string, serializable: boolean): Buffer {
  const parts = [bytesField(1, Buffer.from(key))]
  if (serializable) parts.push(flagField(7))
  return framed(Buffer.concat(parts))
}
