/** Seeds that found something, and what it was. They stay, so that it stays found. */

export const REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 75,
    found: 'an entry overwrote a pair that an earlier one of the same slice had written',
  },
]

export const FLARE_REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 6,
    found:
      'a marked write whose answer was lost, and whose next sending was refused, was called not done',
  },
  {
    seed: 29,
    found:
      'a parent told its store of the split before the children were handed over, and an invitation overwrote one',
  },
]
