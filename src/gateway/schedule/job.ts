// A job, whether it stands in coop.toml or was set by chat.
import type { Grant } from '../../access/clearance.ts'
import type { Household } from '../../access/household.ts'
import type { Level } from '../../access/levels.ts'
import type { Place } from '../../channel.ts'
import type { Settings } from '../../config/schema.ts'
import type { ChatJob, JobTimes } from '../../store/jobs.ts'
import { personNamed } from '../people/people.ts'

export interface Job extends JobTimes {
  /** `cron:<name>` for a configured one, else the code that people type. */
  readonly id: string
  readonly name: string
  readonly kind: 'task' | 'reminder'
  readonly text: string
  /** Who it runs as; null for internal work. */
  readonly person: string | null
  /** What internal work may read. */
  readonly trust: Level
  readonly missed: 'run_once' | 'skip'
  readonly retries: number
  /** Where it answers; null for its person's own channels, or nowhere for internal work. */
  readonly place: Place | null
  /** What was open when it was set by chat; null for a configured one. */
  readonly grant: Grant | null
}

/** Whether a job's id is one of coop.toml. */
export const isConfigured = (id: string): boolean => id.startsWith('cron:')

/** The pseudo-channel that job runs arrive on. */
export const scheduleChannel = 'schedule'
export const jobSession = (job: string): string => `job:${job}`
/** The job of a session; null for a conversation. */
export const jobOfSession = (session: string): string | null =>
  session.startsWith('job:') ? session.slice('job:'.length) : null

/** The jobs of coop.toml. A user that is named and gone stays named: such a job does not run. */
export function configuredJobs(settings: Settings, household: Household, zone: () => string): Job[] {
  return settings.cron.map(cron => {
    const person = cron.user === undefined ? undefined : personNamed(household, cron.user)
    return {
      id: `cron:${cron.name}`,
      name: cron.name,
      kind: 'task',
      text: cron.message,
      cron: cron.cron,
      at: null,
      timezone: cron.timezone ?? person?.timezone ?? zone(),
      person: cron.user === undefined ? null : (person?.id ?? cron.user),
      trust: cron.trust,
      missed: cron.missed,
      retries: cron.retries,
      place: cron.deliver ? placeOf(cron.deliver, household) : null,
      grant: null,
    }
  })
}

/** A job set by chat: a late reminder is better than none. */
export const chatJob = (job: ChatJob): Job => ({
  ...job,
  trust: 'public',
  missed: 'run_once',
  retries: 3,
})

function placeOf({ channel, target }: { channel: string; target: string }, household: Household): Place {
  const named = target.replace(/^group:/, '')
  const listed = [target, named].find(id => household.groups.has(`${channel}:${id}`))
  const group = listed !== undefined || named !== target
  return { channel, kind: group ? 'group' : 'direct', id: listed ?? target }
}
