/**
 * Linearizability by search, for histories that name no revision: Wing and Gong's, as refined by Lowe,
 * one key at a time. Walks calls and answers in time; takes any open call whose model step accepts;
 * remembers (calls taken, state) so as not to go the same way twice; goes back at an answer whose call
 * could not be taken. Exponential at worst, so it has a budget of steps, and `unknown` is an answer.
 */

export interface RegisterCall {
  readonly invokeUs: number
  /** Undefined: no answer; it may take effect at any later time, or never. */
  readonly returnUs: number | undefined
  readonly action:
    | { readonly type: 'read'; readonly value: string | undefined }
    | { readonly type: 'write'; readonly value: string | undefined }
    /** Compare and set; `done` is what it answered. */
    | {
        readonly type: 'cas'
        readonly from: string | undefined
        readonly to: string
        readonly done: boolean | undefined
      }
}

export type Verdict = 'linearizable' | 'not linearizable' | 'unknown'

type State = string | undefined

interface Point {
  readonly timeUs: number
  readonly call: number
  readonly end: boolean
}

export function searchLinearization(calls: readonly RegisterCall[], budget = 200_000): Verdict {
  const points = pointsOf(calls)
  const taken = new Uint32Array((calls.length + 31) >>> 5)
  const seen = new Set<string>()
  let steps = budget

  /** All answers from point `at` on can be met, with these calls taken and this state. */
  const solve = (at: number, open: readonly number[], state: State): boolean | undefined => {
    if (steps-- <= 0) return undefined
    let next = at
    const now = [...open]
    for (; next < points.length; next++) {
      const point = points[next] as Point
      if (!point.end) now.push(point.call)
      else if (!has(taken, point.call)) break
    }
    if (next === points.length) return true
    const key = `${next}|${taken.join()}|${state ?? '\0'}`
    if (seen.has(key)) return false
    seen.add(key)
    for (const call of now) {
      if (has(taken, call)) continue
      const step = apply(calls[call] as RegisterCall, state)
      if (!step.accepted) continue
      flip(taken, call)
      const found = solve(
        next,
        now.filter((each) => each !== call),
        step.state,
      )
      flip(taken, call)
      if (found !== false) return found
    }
    return false
  }

  const found = solve(0, [], undefined)
  if (found === undefined) return 'unknown'
  return found ? 'linearizable' : 'not linearizable'
}

/** Beginnings before ends at the same time: touching calls count as concurrent. */
function pointsOf(calls: readonly RegisterCall[]): Point[] {
  const points: Point[] = []
  calls.forEach((call, i) => {
    points.push({ timeUs: call.invokeUs, call: i, end: false })
    if (call.returnUs !== undefined) points.push({ timeUs: call.returnUs, call: i, end: true })
  })
  return points.sort((a, b) => a.timeUs - b.timeUs || Number(a.end) - Number(b.end))
}

function apply(call: RegisterCall, state: State): { accepted: boolean; state: State } {
  const { action } = call
  if (action.type === 'read') return { accepted: action.value === state, state }
  if (action.type === 'write') return { accepted: true, state: action.value }
  const fits = action.from === state
  return {
    accepted: action.done === undefined || action.done === fits,
    state: fits ? action.to : state,
  }
}

const has = (set: Uint32Array, i: number): boolean =>
  ((set[i >>> 5] as number) & (1 << (i & 31))) !== 0

const flip = (set: Uint32Array, i: number): void => {
  set[i >>> 5] = (set[i >>> 5] as number) ^ (1 << (i & 31))
}
