/** What else of the surface a client asks for: health, status, members, alarms, what is not there. */

import { call, ctl, type Step } from '../steps.ts'

export const SURFACE: readonly Step[] = [
  call('Health/Check', {}),
  call('Auth/Authenticate', { name: 'root', password: 'x' }),
  call('Maintenance/Alarm', { action: 'GET' }),
  ctl('alarm list'),
  ctl('alarm list -w json'),
  call('KV/Range', { key: 'a' }, { 'client-api-version': '3.4' }),
]
