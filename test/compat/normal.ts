/** Makes outputs of two clusters comparable: what must differ (ids, terms, times) gets one name. */

const HEADER_IDS = /"(cluster_id|member_id|raft_term)":\s*"?\d+"?/g
const FIELD_IDS = /"(ClusterID|MemberID|RaftTerm)"\s*:\s*\d+/g
const SECONDS_LEFT = /remaining\((\d+)s\)/g
/** etcd keeps a lease's keys in a hash map. */
const ATTACHED_KEYS = /attached keys\(\[(.*)\]\)/g
const RETRY_WARNING = /^\{"level":"warn".*\}$/gm
const GRPC_ERROR = /"error":"((?:[^"\\]|\\.)*)"/

/** Everything but lease ids, which need the whole conversation: see `LeaseNames`. */
export function normalText(text: string): string {
  return text
    .replace(HEADER_IDS, '"$1":0')
    .replace(FIELD_IDS, '"$1":0')
    .replace(SECONDS_LEFT, 'remaining(some s)')
    .replace(ATTACHED_KEYS, (_, keys: string) => `attached keys(${keys.split(' ').sort()})`)
    .replace(RETRY_WARNING, (line) => `warning: ${GRPC_ERROR.exec(line)?.[1] ?? ''}`)
    .trimEnd()
}

/** Lease ids that a server drew, by the names that the script gave them. */
export class LeaseNames {
  readonly #hex = new Map<string, string>()

  learn(name: string, hex: string): void {
    this.#hex.set(name, hex)
  }

  /** `$name` in what is sent. */
  fill(text: string): string {
    return text.replace(/\$(\w+)/g, (whole, name: string) => this.#hex.get(name) ?? whole)
  }

  /** The ids, in hex or decimal, back to names in what came. */
  hide(text: string): string {
    let hidden = text
    for (const [name, hex] of this.#hex) {
      hidden = hidden
        .replaceAll(hex, `$${name}`)
        .replaceAll(BigInt(`0x${hex}`).toString(), `$${name}`)
    }
    return hidden
  }
}
