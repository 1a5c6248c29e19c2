/** Every error that a client of KV, Watch and Lease can reach, by code and text. */

import { call, ctl, type Step } from '../steps.ts'

const put = (key: string) => ({ request_put: { key, value: 'x' } })
const many = (count: number) => Array.from({ length: count }, (_, i) => put(`many/${i}`))
const range = (key: string, range_end: string) => ({ request_delete_range: { key, range_end } })
const nested = (...success: object[]) => ({ request_txn: { success } })

export const ERRORS: readonly Step[] = [
  call('KV/Range', {}),
  call('KV/Put', { value: 'no key' }),
  call('KV/DeleteRange', {}),
  call('KV/Range', { key: 'a', revision: '1000000' }),
  ctl('get a --rev=1000000'),
  call('KV/Put', { key: 'never', ignore_value: true }),
  call('KV/Put', { key: 'never', value: 'x', ignore_lease: true }),
  call('KV/Put', { key: 'a', value: 'x', ignore_value: true }),
  call('KV/Put', { key: 'a', value: 'x', lease: '5', ignore_lease: true }),
  call('KV/Put', { key: 'a', value: 'x', lease: '4711' }),
  ctl('put a x --lease=1267'),
  ctl('put never --ignore-value'),
  ctl('put never x --ignore-lease'),
  call('KV/Txn', { success: [{}] }),
  call('KV/Txn', { success: [{ request_put: { value: 'x' } }] }),
  call('KV/Txn', { success: [{ request_range: {} }] }),
  call('KV/Txn', { failure: [{ request_delete_range: {} }] }),
  call('KV/Txn', { compare: [{ target: 'VERSION', version: '1' }] }),
  call('KV/Txn', { success: [put('d'), put('d')] }),
  call('KV/Txn', { failure: [put('d'), put('d')] }),
  call('KV/Txn', { success: [put('d'), range('a', 'e')] }),
  call('KV/Txn', { success: [range('a', 'e'), put('d')] }),
  call('KV/Txn', { success: [range('a', 'e'), range('b', 'd')] }),
  call('KV/Txn', { success: [put('d'), nested(put('d'))] }),
  call('KV/Txn', { success: [nested(put('d')), nested(put('d'))] }),
  call('KV/Txn', { success: [nested(put('d')), range('a', 'e')] }),
  call('KV/Txn', { success: [range('a', 'e'), nested(put('d'))] }),
  call('KV/Txn', {
    success: [{ request_txn: { success: [put('d')], failure: [put('d')] } }, put('e')],
  }),
  call('KV/Txn', { success: many(128) }),
  call('KV/Txn', { success: many(129) }),
  call('KV/Txn', { failure: many(129) }),
  call('KV/Txn', { success: [nested(...many(128))] }),
  call('KV/Txn', { success: [{ request_put: { key: 'd', value: 'x', lease: '4711' } }] }),
  call('KV/Txn', { success: [{ request_put: { key: 'never', ignore_value: true } }] }),
  call('KV/Txn', { success: [put('d'), { request_range: { key: 'd', revision: '1000000' } }] }),
  call('KV/Txn', {
    success: [put('d2'), { request_put: { key: 'd3', value: 'x', lease: '4711' } }],
  }),
  call('KV/Range', { key: 'd2' }),
  call('Lease/LeaseGrant', { TTL: '9000000001' }),
  call('Lease/LeaseRevoke', { ID: '4711' }),
  call('Lease/LeaseRevoke', { ID: '0' }),
  ctl('lease revoke 1267'),
  ctl('lease grant 9000000001'),
  call('KV/Compact', { revision: '1000000' }),
  call('KV/Put', { key: 'big', value: 'x'.repeat(1_600_000) }),
  call('KV/Put', { key: 'big', value: 'x'.repeat(2_200_000) }),
  call('KV/Put', { key: 'big', value: 'x'.repeat(1_500_000) }),
  call('KV/DeleteRange', { key: 'big' }),
]
