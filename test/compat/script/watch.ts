/** Watches: from history through etcdctl, live as streams. */

import { call, ctl, pause, perform, type Step, send, stream, until, watching } from '../steps.ts'

const create = (request: object) => send({ create_request: request })
const put = (key: string, value: string) => perform(call('KV/Put', { key, value }))

/** Knows the revision it starts at: `start`. */
export function watchScript(start: number): readonly Step[] {
  const from = start + 1
  return [
    ctl('put w/a 1'),
    ctl('put w/b 1'),
    ctl('put w/a 2'),
    ctl('del w/b'),
    ctl('put w/c 1'),
    ctl('txn', '\nput w/d 1\nput w/e 1\n\n\n'),
    watching(`watch w/a --rev=${from}`, 6),
    watching(`watch w/ --prefix --rev=${from}`, 20),
    watching(`watch w/ --prefix --rev=${from} --prev-kv`, 25),
    watching(`watch w/a w/c --rev=${from + 1}`, 9),
    watching(`watch w/ --prefix --rev=${from} -w json`, 1),
    watching(`watch w/ --prefix --rev=${from} -w fields`, 10),
    watching('watch -i', 3, `watch w/a --rev=${from + 2}\n`),
    stream('Watch/Watch', create({ key: 'w/a' }), until(1), put('w/a', '3'), until(2)),
    stream(
      'Watch/Watch',
      create({ key: 'w/', range_end: 'w0', prev_kv: true }),
      until(1),
      put('w/a', '4'),
      until(2),
      perform(call('KV/DeleteRange', { key: 'w/a', range_end: 'w/c' })),
      until(3),
    ),
    stream(
      'Watch/Watch',
      create({ key: 'w/f', filters: ['NOPUT'] }),
      create({ key: 'w/f', filters: ['NODELETE'] }),
      create({ key: 'w/f', filters: ['NODELETE', 'NOPUT'] }),
      until(3),
      put('w/f', '1'),
      until(4),
      perform(call('KV/DeleteRange', { key: 'w/f' })),
      until(5),
      pause(50),
    ),
    stream(
      'Watch/Watch',
      create({ key: 'w/', range_end: 'w0', start_revision: String(from) }),
      until(2),
      send({ progress_request: {} }),
      until(3),
    ),
    stream(
      'Watch/Watch',
      create({ key: 'w/g', watch_id: '7' }),
      until(1),
      create({ key: 'w/h', watch_id: '7' }),
      until(2),
      create({ key: 'w/i' }),
      until(3),
      create({ key: 'w/j' }),
      until(4),
      send({ cancel_request: { watch_id: '7' } }),
      until(5),
      send({ cancel_request: { watch_id: '99' } }),
      put('w/g', '1'),
      put('w/j', '1'),
      until(6),
      pause(50),
    ),
    stream('Watch/Watch', create({ key: 'w/b', range_end: 'w/a' }), until(1), pause(50)),
    stream('Watch/Watch', create({ key: 'w/a', range_end: 'w/a' }), until(1), pause(50)),
    stream(
      'Watch/Watch',
      create({ key: '', range_end: '\0' }),
      until(1),
      put('w/k', '1'),
      until(2),
    ),
    stream(
      'Watch/Watch',
      create({ key: 'w/', range_end: 'w0' }),
      until(1),
      perform(
        call('KV/Txn', {
          success: [
            { request_put: { key: 'w/2', value: '2' } },
            { request_put: { key: 'w/1', value: '1' } },
            { request_delete_range: { key: 'w/k' } },
            { request_put: { key: 'other', value: '1' } },
          ],
        }),
      ),
      until(2),
    ),
    stream(
      'Watch/Watch',
      create({ key: 'w/', range_end: 'w0', start_revision: String(from), fragment: true }),
      until(2),
    ),
    stream('Watch/Watch', send({ progress_request: {} }), pause(150)),
    stream(
      'Watch/Watch',
      create({ key: 'w/future', start_revision: '100000' }),
      until(1),
      put('w/future', '1'),
      pause(100),
    ),
  ]
}
