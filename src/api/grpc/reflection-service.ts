/** `grpc.reflection.v1.ServerReflection`: tools ask which services there are, and for their descriptors. */

import { DESCRIPTORS } from '../../wire/proto/descriptors.ts'
import {
  ServerReflectionDefinition,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../wire/proto/grpc/reflection/v1/reflection.ts'
import { type Method, service } from './service.ts'
import { Code, type CodeNumber } from './status.ts'

type Answer = ServerReflectionResponse['messageResponse']
type File = (typeof DESCRIPTORS)[number]

const FILES: ReadonlyMap<string, File> = new Map(DESCRIPTORS.map((file) => [file.name, file]))
const BY_SYMBOL: ReadonlyMap<string, File> = new Map(
  DESCRIPTORS.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)),
)

/** `services`: the names of all that the server offers. */
export function reflectionService(services: readonly string[]): readonly Method[] {
  return service(ServerReflectionDefinition, {
    serverReflectionInfo: (call) => ({
      message(request) {
        const messageResponse = answerTo(request, services)
        call.send({ validHost: request.host, originalRequest: request, messageResponse })
      },
      halfClosed: () => call.finish(),
      drained() {},
      gone() {},
    }),
  })
}

function answerTo(
  { messageRequest }: ServerReflectionRequest,
  services: readonly string[],
): Answer {
  switch (messageRequest?.$case) {
    case 'listServices': {
      const value = { service: services.map((name) => ({ name })) }
      return { $case: 'listServicesResponse', value }
    }
    case 'fileByFilename':
      return filesFrom(FILES.get(messageRequest.value), messageRequest.value)
    case 'fileContainingSymbol':
      return filesFrom(BY_SYMBOL.get(messageRequest.value), messageRequest.value)
    case 'fileContainingExtension':
    case 'allExtensionNumbersOfType':
      return failed(Code.NOT_FOUND, 'there are no extensions here')
    case undefined:
      return failed(Code.INVALID_ARGUMENT, 'the request asks for nothing that is known here')
  }
}

function filesFrom(file: File | undefined, wanted: string): Answer {
  if (file === undefined) return failed(Code.NOT_FOUND, `${wanted} is not defined here`)
  const fileDescriptorProto = [...withImports(file)].map(({ base64 }) =>
    Uint8Array.from(Buffer.from(base64, 'base64')),
  )
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function withImports(file: File, seen = new Set<File>()): ReadonlySet<File> {
  seen.add(file)
  for (const name of file.imports) {
    const imported = FILES.get(name)
    if (imported !== undefined && !seen.has(imported)) withImports(imported, seen)
  }
  return seen
}

const failed = (errorCode: CodeNumber, errorMessage: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode, errorMessage },
})
