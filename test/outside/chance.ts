// Chance that can be had again: the same seed gives the same choices.

export interface Chance {
  /** Between 0 and 1. */
  next(): number
  /** One of these. */
  of<T>(choices: readonly T[]): T
  /** True so often. */
  is(share: number): boolean
}

/** mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, of: choices => choices[Math.floor(next() * choices.length)]!, is: share => next() < share }
}
