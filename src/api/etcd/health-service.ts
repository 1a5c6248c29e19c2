/** `grpc.health.v1.Health`: the server as a whole serves from the moment its port is open. */

import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../wire/proto/grpc/health/v1/health.ts'
import { type Method, service } from '../grpc/service.ts'
import { Code, Status } from '../grpc/status.ts'

const UNKNOWN_SERVICE = new Status(Code.NOT_FOUND, 'unknown service')

export function healthService(): readonly Method[] {
  return service(HealthDefinition, {
    async check({ service: name }) {
      return name === '' ? { status: Serving.SERVING } : UNKNOWN_SERVICE
    },

    watch: (call) => ({
      message({ service: name }) {
        call.send({ status: name === '' ? Serving.SERVING : Serving.SERVICE_UNKNOWN })
      },
      halfClosed() {},
      drained() {},
      gone() {},
    }),
  })
}
