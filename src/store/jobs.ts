// Jobs that people set by chat, and up to when each job's due times are accounted for.
import type { Grant } from '../access/clearance.ts'
import type { Place } from '../channel.ts'
import { freeCode } from './approvals.ts'
import type { Db } from './database.ts'

export interface JobTimes {
  /** The rule of a recurring job; null for a single time. */
  readonly cron: string | null
  /** Milliseconds since 1970; null for a recurring job. */
  readonly at: number | null
  readonly timezone: string
}

export interface ChatJob extends JobTimes {
  readonly id: string
  readonly person: string
  readonly name: string
  /** A reminder is said as it stands; a task is worked on by the agent. */
  readonly kind: 'task' | 'reminder'
  readonly text: string
  /** The group it answers in; null for the person's own channels. */
  readonly place: Place | null
  readonly grant: Grant
  readonly state: 'active' | 'done' | 'cancelled'
}

interface Row extends Omit<ChatJob, 'place' | 'grant'> {
  place: string | null
  grant_json: string
}

const columns = 'id, person, name, kind, text, cron, at, timezone, place, grant_json, state'

export type Jobs = ReturnType<typeof openJobs>

export function openJobs(db: Db) {
  const insert = db.prepare(
    `INSERT INTO job (id, person, name, kind, text, cron, at, timezone, place, grant_json, state, call_id, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
  )
  const get = db.prepare<[string], Row>(`SELECT ${columns} FROM job WHERE id = ?`)
  const ofCall = db.prepare<[string], Row>(`SELECT ${columns} FROM job WHERE call_id = ?`)
  const active = db.prepare<[], Row>(`SELECT ${columns} FROM job WHERE state = 'active' ORDER BY created_at`)
  const change = db.prepare(
    'UPDATE job SET name = ?, kind = ?, text = ?, cron = ?, at = ?, timezone = ? WHERE id = ?',
  )
  const setState = db.prepare<[string, string]>('UPDATE job SET state = ? WHERE id = ?')
  const cursors = db.prepare<[], { job: string; spec: string; cursor: number }>('SELECT * FROM job_cursor')
  const setCursor = db.prepare<[string, string, number]>(
    'INSERT OR REPLACE INTO job_cursor (job, spec, cursor) VALUES (?, ?, ?)',
  )
  const dropCursor = db.prepare<[string]>('DELETE FROM job_cursor WHERE job = ?')

  return {
    /** Stores a job; the same call stores it once. */
    add(job: Omit<ChatJob, 'id' | 'state'>, call: string, now: number): ChatJob {
      const known = ofCall.get(call)
      if (known) return jobOf(known)
      const id = freeCode(code => get.get(code) !== undefined)
      const { person, name, kind, text, cron, at, timezone, place, grant } = job
      const where = place && JSON.stringify(place)
      insert.run(id, person, name, kind, text, cron, at, timezone, where, JSON.stringify(grant), call, now)
      return { ...job, id, state: 'active' }
    },
    get(id: string): ChatJob | undefined {
      const row = get.get(id.toUpperCase())
      return row && jobOf(row)
    },
    active: (): ChatJob[] => active.all().map(jobOf),
    change: (job: ChatJob): void =>
      void change.run(job.name, job.kind, job.text, job.cron, job.at, job.timezone, job.id),
    setState: (id: string, state: ChatJob['state']): void => void setState.run(state, id),
    cursors: (): Map<string, { spec: string; cursor: number }> =>
      new Map(cursors.all().map(row => [row.job, row])),
    setCursor: (job: string, spec: string, cursor: number): void => void setCursor.run(job, spec, cursor),
    dropCursor: (job: string): void => void dropCursor.run(job),
  }
}

const jobOf = ({ grant_json, place, ...row }: Row): ChatJob => ({
  ...row,
  place: place === null ? null : (JSON.parse(place) as Place),
  grant: JSON.parse(grant_json) as Grant,
})
