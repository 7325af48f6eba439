// When a job is due: cron rules in a time zone, or a single time.
import { Cron } from 'croner'
import type { JobTimes } from '../../store/jobs.ts'

const rules = new Map<string, Cron>()
/** Rules kept; an older one is read again when it is needed. */
const most = 2_000

function ruleOf(cron: string, timezone: string): Cron {
  const key = `${timezone} ${cron}`
  let rule = rules.get(key)
  if (!rule) {
    rule = new Cron(cron, { timezone, paused: true })
    rules.set(key, rule)
    if (rules.size > most) rules.delete(rules.keys().next().value!)
  }
  return rule
}

/** The first due time after `after`, in milliseconds since 1970; null when there is none. */
export function nextDue({ cron, at, timezone }: JobTimes, after: number): number | null {
  if (cron === null) return at !== null && at > after ? at : null
  return ruleOf(cron, timezone).nextRun(new Date(after))?.getTime() ?? null
}

export interface DueTimes {
  readonly times: readonly number[]
  /** The last one by `until`, which is beyond `times` when there were too many to list. */
  readonly last: number
  /** The one after `last`; null when there is none. */
  readonly next: number | null
}

/** Due times from the known one at `first` on up to `until`, at most `limit` of them listed. */
export function duesFrom(when: JobTimes, first: number, until: number, limit: number): DueTimes {
  const times = [first]
  let next = nextDue(when, first)
  while (next !== null && next <= until && times.length < limit) {
    times.push(next)
    next = nextDue(when, next)
  }
  const listed = times.at(-1)!
  if (next === null || next > until || when.cron === null) return { times, last: listed, next }
  const [newest] = ruleOf(when.cron, when.timezone).previousRuns(1, new Date(until + 1))
  const last = Math.max(listed, newest?.getTime() ?? 0)
  return { times, last, next: nextDue(when, last) }
}
