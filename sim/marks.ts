/** Situations that runs must meet: if two hundred seeds never do, the simulator has gone blind. */

const DEMANDED_MARKS = [
  'raft.pre-vote-refused',
  'raft.quorum-lost',
  'raft.conflict-truncated',
  'raft.snapshot-installed',
  'raft.learner-promoted',
  'raft.joint-entered',
  'raft.joint-left',
  'raft.leader-transferred',
  'raft.quiesced',
] as const

/** Group `system` has no learners, and only one of its members at a time. */
const FLARE_MARKS = [
  'raft.pre-vote-refused',
  'raft.quorum-lost',
  'raft.conflict-truncated',
  'raft.snapshot-installed',
  'raft.learner-promoted',
  'raft.joint-entered',
  'raft.joint-left',
  'raft.leader-transferred',
  'raft.quiesced',
  'region.expelled',
] as const

export const demandedMarks = (suite: string | undefined): readonly string[] =>
  suite === 'flare' ? FLARE_MARKS : DEMANDED_MARKS

/** Seeds after which every mark must have been met at least once. */
export const MARK_SEEDS = 200

export class Marks {
  readonly #counts = new Map<string, number>()

  add(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times)
  }

  merge(counts: Readonly<Record<string, number>>): void {
    for (const [name, times] of Object.entries(counts)) this.add(name, times)
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  missing(demanded: readonly string[] = DEMANDED_MARKS): string[] {
    return demanded.filter((name) => !this.#counts.has(name))
  }
}
