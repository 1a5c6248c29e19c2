/** The clock port. Two readings that must never be mixed: one only moves forward, one names a date. */

export interface Clock {
  /** Milliseconds since some fixed point of this process; never goes back. Whole numbers. */
  monotonicMs(): number
  /** Milliseconds since 1970 as this node believes; may jump either way. Whole numbers. */
  wallMs(): number
}
