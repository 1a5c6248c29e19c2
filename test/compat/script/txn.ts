/** Transactions: compares, branches, nesting, and what must leave the store alone. */

import { call, ctl, type Step } from '../steps.ts'

const put = (key: string, value: string) => ({ request_put: { key, value } })
const get = (key: string) => ({ request_range: { key } })
const del = (key: string, range_end = '') => ({ request_delete_range: { key, range_end } })
const is = (key: string, target: string, result: string, operand: object) => ({
  key,
  target,
  result,
  ...operand,
})

export const TXN: readonly Step[] = [
  ctl('put t/a 1'),
  ctl('txn', 'value("t/a") = "1"\n\nput t/b yes\nget t/a\n\nput t/b no\n\n'),
  ctl('txn', 'value("t/a") = "2"\n\nput t/b yes\n\nput t/b no\nget t/b\n\n'),
  ctl('txn -w json', 'mod("t/a") > "0"\n\nget t/a\nget t/b\n\n\n'),
  ctl('txn -i', 'version("t/a") = "1"\n\nput t/c 1\ndel t/b\n\n\n'),
  ctl('txn', 'create("t/none") = "0"\n\nput t/none made\n\nget t/none\n\n'),
  ctl('txn', 'create("t/none") = "0"\n\nput t/none made\n\nget t/none\n\n'),
  ctl('txn', 'value("t/a") != "1"\n\n\nget t/ --prefix\n\n'),
  ctl('txn', '\nget t/a\n\n\n'),
  call('KV/Txn', {}),
  call('KV/Txn', { success: [put('t/s', '1'), get('t/s'), del('t/s'), get('t/s')] }),
  call('KV/Txn', { success: [put('t/1', '1'), put('t/2', '2'), get('t/1')] }),
  call('KV/Txn', { success: [{ request_range: { key: 't/', range_end: 't0', limit: '2' } }] }),
  call('KV/Txn', { success: [{ request_range: { key: 't/1', revision: '3' } }] }),
  call('KV/Txn', { success: [del('t/zz')] }),
  call('KV/Txn', { success: [{ request_put: { key: 't/1', value: 'x', prev_kv: true } }] }),
  call('KV/Txn', { success: [{ request_delete_range: { key: 't/1', prev_kv: true } }] }),
  call('KV/Txn', { success: [del('t/a'), del('t/', 't0')] }),
  call('KV/Txn', { success: [put('t/1', '1'), put('t/2', '2')] }),
  call('KV/Txn', {
    compare: [is('t/none-here', 'VALUE', 'NOT_EQUAL', { value: 'x' })],
    failure: [get('t/1')],
  }),
  call('KV/Txn', { compare: [is('t/none-here', 'VERSION', 'EQUAL', { version: '0' })] }),
  call('KV/Txn', { compare: [is('t/none-here', 'LEASE', 'EQUAL', { lease: '0' })] }),
  call('KV/Txn', { compare: [is('t/1', 'VALUE', 'GREATER', { value: '0' })] }),
  call('KV/Txn', { compare: [is('t/1', 'VALUE', 'LESS', { value: '1' })] }),
  call('KV/Txn', { compare: [{ key: 't/1', target: 'MOD', result: 'EQUAL' }] }),
  call('KV/Txn', {
    compare: [{ ...is('t/', 'VERSION', 'EQUAL', { version: '1' }), range_end: 't0' }],
    success: [get('t/1')],
  }),
  call('KV/Txn', {
    compare: [{ ...is('t/', 'VALUE', 'EQUAL', { value: '1' }), range_end: 't0' }],
  }),
  call('KV/Txn', {
    compare: [{ ...is('u/', 'CREATE', 'EQUAL', { create_revision: '0' }), range_end: 'u0' }],
  }),
  call('KV/Txn', {
    success: [
      put('t/outer', '1'),
      {
        request_txn: {
          compare: [is('t/outer', 'VERSION', 'EQUAL', { version: '0' })],
          success: [put('t/inner', 'unseen'), get('t/outer')],
          failure: [put('t/inner', 'seen')],
        },
      },
      get('t/inner'),
    ],
  }),
  call('KV/Txn', {
    success: [
      {
        request_txn: {
          success: [{ request_txn: { success: [put('t/deep', '1')] } }, get('t/deep')],
        },
      },
    ],
  }),
  call('KV/Txn', { success: [{ request_txn: { success: [get('t/deep')] } }] }),
  call('KV/Range', { key: 't/', range_end: 't0' }),
  ctl(['txn', '-w', 'fields'], '\nput t/f 1\n\n\n'),
]
