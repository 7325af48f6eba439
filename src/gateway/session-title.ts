// What a conversation is called, for who may read what its name was taken from.
import type { Clearance } from '../access/clearance.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { subagentOf } from './errand.ts'
import { jobOfSession } from './schedule/job.ts'

/** A helper is called after its task and a job after its words: both were said where more may have been open than here. */
export function titleFor(
  { id, title }: Session,
  clearance: Clearance,
  store: Pick<Store, 'jobs' | 'subagents'>,
): string | null {
  const grant = (subagentOf(store, id) ?? store.jobs.get(jobOfSession(id) ?? ''))?.grant
  return grant === undefined || clearance.covers(grant.reads) ? title : null
}
