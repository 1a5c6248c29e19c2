/**
 * `flaredb.v1.KvRaw`: eventual namespaces, of which none can be made yet. A strong one is refused by name, so that
 * nobody takes its writes for linearizable.
 */

import type { Flare } from '../../actors/flare/flare.ts'
import { KvRawDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { type Call, type Method, service } from '../grpc/service.ts'
import { Code, Status } from '../grpc/status.ts'
import { within } from './patience.ts'
import { statusOf } from './statuses.ts'

export function rawService(flare: Flare): readonly Method[] {
  const refuse = async (
    { namespace }: { readonly namespace: string },
    call: Call,
  ): Promise<Status> => {
    const found = await within(flare, call).namespaces(namespace === '' ? 'default' : namespace)
    if (!found.ok) return statusOf(found.problem)
    const text = `namespace ${namespace || 'default'} is strong: use Kv or KvCas, or another namespace`
    return found.value[0]?.namespace.mode === 'eventual'
      ? NO_EVENTUAL
      : statusOf({ reason: 'namespace-mode', text })
  }
  return service(KvRawDefinition, {
    rawPut: refuse,
    rawGet: refuse,
    rawScan: refuse,
    rawDelete: refuse,
  })
}

export const NO_EVENTUAL = new Status(
  Code.UNIMPLEMENTED,
  'flaredb: unimplemented: eventual namespaces are not served yet; make a strong one',
)
