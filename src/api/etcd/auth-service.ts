/** `etcdserverpb.Auth`: etcd's own access control, which is off. */

import { AuthDefinition } from '../../wire/proto/etcdserverpb/auth.ts'
import { type Method, service } from '../grpc/service.ts'
import { REFUSALS } from './errors.ts'
import { headerOf } from './header.ts'
import type { ServiceParts } from './services.ts'

export function authService({ chainfire, membership }: ServiceParts): readonly Method[] {
  return service(AuthDefinition, {
    async authenticate() {
      return REFUSALS.authNotEnabled
    },

    async authStatus() {
      const header = headerOf(membership, await chainfire.status())
      return { header, enabled: false, authRevision: 1n }
    },
  })
}
