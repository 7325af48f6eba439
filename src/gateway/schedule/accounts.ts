// What each due time becomes in the ledger: the newest one a run, if it may; those before it, rows of what was missed.
import type { NewRun, Runs } from '../../store/runs.ts'
import type { DueTimes } from './due.ts'
import type { Job } from './job.ts'

export interface Accounts {
  readonly rows: readonly NewRun[]
  /** Whether the last row is a run to begin. */
  readonly runs: boolean
}

/** A due time later than this was not kept. */
const graceMs = 120_000

const notRunning = 'Coop did not run or the computer slept'

/** `isOpen`: a run of the job is still going on. */
export function accountsOf(
  job: Job,
  dues: DueTimes,
  facts: { readonly at: number; readonly isOpen: boolean; readonly ledger: Pick<Runs, 'covering'> },
): Accounts {
  const { at, isOpen, ledger } = facts
  const late = at - dues.last > graceMs
  const runs = !(late && job.missed === 'skip') && !isOpen
  const reason = isOpen && !late ? 'the run before was still going on' : notRunning
  const missed = stretches(job.id, dues, runs, ledger).map(
    (stretch): NewRun => ({ ...newRun(job, dues.last, reason), ...stretch, state: 'missed' }),
  )
  return {
    rows: runs ? [...missed, newRun(job, dues.last, late ? `late: ${notRunning}` : null)] : missed,
    runs,
  }
}

export const newRun = (job: Job, due: number, reason: string | null): NewRun => ({
  job: job.id,
  name: job.name,
  person: job.person,
  due,
  last: due,
  count: 1,
  state: 'due',
  reason,
})

/** What is missed of `dues`, the last one aside if it runs; what the ledger knows from before a jump of the clock is left out. */
function stretches(
  job: string,
  { times, last }: DueTimes,
  lastRuns: boolean,
  ledger: Pick<Runs, 'covering'>,
): Pick<NewRun, 'due' | 'last' | 'count'>[] {
  const uncounted = last !== times.at(-1)
  const missed = lastRuns && !uncounted ? times.slice(0, -1) : times
  if (missed.length === 0) return []
  const known = ledger.covering(job, times[0]!, last)
  const out: { due: number; last: number; count: number | null }[] = []
  let broken = true
  for (const time of missed) {
    const covered = known.some(row => time >= row.due && time <= row.last)
    const before = out.at(-1)
    if (!covered && broken) out.push({ due: time, last: time, count: 1 })
    else if (!covered && before) Object.assign(before, { last: time, count: (before.count ?? 0) + 1 })
    broken = covered
  }
  const final = out.at(-1)
  if (uncounted && final) Object.assign(final, { last: lastRuns ? last - 1 : last, count: null })
  return out
}
