/** Compaction, and what it leaves readable. Knows the revision it starts at. */

import { call, ctl, type Step, send, stream, until, watching } from '../steps.ts'

export function compactionScript(start: number): readonly Step[] {
  const at = (offset: number): string => String(start + offset)
  return [
    ctl('put c/a 1'),
    ctl('put c/a 2'),
    ctl('put c/b 1'),
    ctl('del c/b'),
    ctl('put c/a 3'),
    call('KV/Compact', { revision: '1000000' }),
    call('KV/Compact', { revision: '-1' }),
    ctl(`compaction ${at(2)}`),
    ctl(`compaction ${at(2)}`),
    ctl(`compaction ${at(1)}`),
    ctl(`get c/a --rev=${at(1)}`),
    ctl(`get c/a --rev=${at(2)}`),
    ctl(`get c/b --rev=${at(3)} -w json`),
    watching(`watch c/a --rev=${at(1)}`, 1),
    watching(`watch c/a --rev=${at(2)}`, 6),
    stream(
      'Watch/Watch',
      send({ create_request: { key: 'c/a', start_revision: at(1) } }),
      until(2),
    ),
    stream('Watch/Watch', send({ create_request: { key: 'c/a', start_revision: '1' } }), until(2)),
    call('KV/Txn', { success: [{ request_range: { key: 'c/a', revision: at(1) } }] }),
    call('KV/Txn', {
      success: [
        { request_put: { key: 'c/x', value: '1' } },
        { request_range: { key: 'c/a', revision: at(1) } },
      ],
    }),
    call('KV/Range', { key: 'c/x' }),
    ctl(`compaction ${at(5)} --physical`),
    ctl(`get c/a --rev=${at(5)}`),
    ctl(`get c/b --rev=${at(5)} -w json`),
    ctl(`compaction 1000000`),
    ctl('get c/ --prefix'),
  ]
}
