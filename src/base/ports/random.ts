/** The randomness port. */

export interface Random {
  /** A whole number, 0 <= n < bound. `bound` is at least 1 and at most 2^32. */
  below(bound: number): number
}
