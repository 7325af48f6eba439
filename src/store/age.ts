// The moment by which things are old: a clock that is set forward by years makes nothing old at once.
import type { Settings } from './settings.ts'

/** The most that passes from one look to the next. */
const mostMs = 7 * 86_400_000

interface Seen {
  readonly moment: number
  /** What the clock said then. */
  readonly clock: number
}

/**
 * What is let go of for good goes by this and not by the clock. It follows the clock, at most a week at a look, and
 * is never ahead of it: what is kept too long after an absence does no harm, what is gone too early does.
 */
export function momentOfAge(settings: Settings, clock: number): number {
  const last = settings.get<Seen>('gateway', 'age')
  const passed = last ? Math.min(Math.max(clock - last.clock, 0), mostMs) : 0
  const moment = last ? Math.min(last.moment + passed, clock) : clock
  settings.set('gateway', 'age', { moment, clock } satisfies Seen, clock)
  return moment
}
