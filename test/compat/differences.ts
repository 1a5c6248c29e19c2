/**
 * Where Debian's etcd 3.4 and etcd 3.6 differ, we do as 3.6. Each entry names a step and what we say
 * instead; one that no longer applies fails the test.
 */

export interface Difference {
  readonly step: string
  readonly ours: string
  readonly why: string
}

const HEADER = '"header":{"cluster_id":0,"member_id":0,'

export const DIFFERENCES: readonly Difference[] = [
  {
    step: 'Watch/Watch [{"act":"send","request":{"progress_request":{}}},{"act":"pause","ms":150}]',
    ours: '',
    why: 'since 3.5.11, progress is told to a watcher of the stream, and this stream has none',
  },
  {
    step: 'Maintenance/Alarm {"action":"GET"}',
    ours: `{${HEADER}"revision":"REV","raft_term":0}}`,
    why: 'since 3.5 the answer has a header',
  },
  {
    step: 'etcdctl alarm list -w json',
    ours: `exit 0\n{${HEADER}"revision":REV,"raft_term":0}}`,
    why: 'since 3.5 the answer has a header',
  },
]
