/** What is wrong with a config: where, what, and how to mend it, a line each. */

export interface ConfigProblem {
  /** `file:line`, `environment PLASMA_X` or `--set x`. */
  readonly where: string
  readonly path: string
  readonly what: string
  readonly fix?: string
}

/** A problem of one key, before it is known where the key stands. */
export interface BrokenRule {
  readonly path: readonly string[]
  readonly what: string
  readonly fix: string
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

function formatProblem({ where, path, what, fix }: ConfigProblem): string {
  const subject = path === '' ? what : `${path}: ${what}`
  return `${where}: ${subject}${fix === undefined ? '' : `; ${fix}`}`
}

/** The known word nearest to a mistyped one, if any is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** Levenshtein's distance, ignoring case. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase()
  const b = right.toLowerCase()
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
