// The ledger of due times: each accounted for once, from due to delivered, silent, failed or missed.
import type { Db } from './database.ts'

export type RunState = 'due' | 'running' | 'retry' | 'sending' | 'delivered' | 'silent' | 'failed' | 'missed'

export interface Run {
  readonly id: number
  readonly job: string
  readonly name: string
  readonly person: string | null
  /** Milliseconds since 1970. */
  readonly due: number
  /** Of a stretch of missed times; else the same as `due`. */
  readonly last: number
  /** Due times in the row; null when there were too many to count. */
  readonly count: number | null
  readonly state: RunState
  readonly attempts: number
  readonly nextAt: number | null
  readonly inbox: number | null
  readonly turn: string | null
  readonly reason: string | null
}

export interface NewRun extends Pick<Run, 'job' | 'name' | 'person' | 'due' | 'last' | 'count' | 'reason'> {
  readonly state: 'due' | 'missed'
}

const columns =
  'id, job, name, person, due, last, count, state, attempts, next_at AS nextAt, inbox, turn, reason'

export type Runs = ReturnType<typeof openRuns>

export function openRuns(db: Db) {
  const insert = db.prepare(
    `INSERT INTO run (job, name, person, due, last, count, state, reason, ended_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const get = db.prepare<[number], Run>(`SELECT ${columns} FROM run WHERE id = ?`)
  const ofInbox = db.prepare<[number], Run>(
    `SELECT ${columns} FROM run WHERE inbox = ? ORDER BY id DESC LIMIT 1`,
  )
  // Rows of a job do not overlap: none before the last that began by `from` can reach into it.
  const covering = db.prepare<{ job: string; from: number; to: number }, Pick<Run, 'due' | 'last'>>(
    `SELECT due, last FROM run WHERE job = :job AND last >= :from AND due <= :to
     AND due >= coalesce((SELECT max(due) FROM run WHERE job = :job AND due <= :from), :from) ORDER BY due`,
  )
  const open = db.prepare<[], Run>(
    `SELECT ${columns} FROM run WHERE state IN ('due', 'running', 'retry', 'sending') ORDER BY id`,
  )
  const begin = db.prepare<[number, number]>(
    "UPDATE run SET state = 'running', attempts = attempts + 1, next_at = NULL, inbox = ? WHERE id = ?",
  )
  const retry = db.prepare<[number, string, number]>(
    "UPDATE run SET state = 'retry', next_at = ?, reason = ? WHERE id = ?",
  )
  const end = db.prepare(
    'UPDATE run SET state = ?, reason = ?, turn = coalesce(?, turn), ended_at = ? WHERE id = ?',
  )
  const delivered = db.prepare<[number, string]>(
    "UPDATE run SET state = 'delivered', reason = NULL, ended_at = ? WHERE turn = ? AND state IN ('sending', 'failed')",
  )
  const undelivered = db.prepare<[string, number, string]>(
    "UPDATE run SET state = 'failed', reason = ?, ended_at = ? WHERE turn = ? AND state = 'sending'",
  )
  const settleSent = db.prepare<[number]>(
    `UPDATE run SET state = 'delivered', ended_at = ? WHERE state = 'sending'
     AND EXISTS (SELECT 1 FROM outbox WHERE outbox.turn = run.turn AND outbox.state = 'sent')`,
  )
  const settleFailed = db.prepare<[number]>(
    `UPDATE run SET state = 'failed', reason = 'could not be delivered', ended_at = ? WHERE state = 'sending'
     AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.turn = run.turn AND outbox.state IN ('queued', 'sending'))`,
  )
  const untold = db.prepare<[], Run>(
    `SELECT ${columns} FROM run WHERE told = 0 AND state IN ('failed', 'missed') ORDER BY due`,
  )
  const told = db.prepare<[number]>('UPDATE run SET told = 1 WHERE id = ?')
  const history = db.prepare<
    [string | null, string | null, string | null, string | null, string | null, number],
    Run
  >(
    `SELECT ${columns} FROM run WHERE (? IS NULL OR job = ? OR name = ?) AND (? IS NULL OR person = ?)
     ORDER BY due DESC, id DESC LIMIT ?`,
  )
  const forgetFuture = db.prepare<[number]>("DELETE FROM run WHERE state = 'missed' AND due > ?")
  const cutFuture = db.prepare<[number, number]>(
    "UPDATE run SET last = ?, count = NULL WHERE state = 'missed' AND last > ?",
  )
  const backCursors = db.prepare<[number, number]>('UPDATE job_cursor SET cursor = ? WHERE cursor > ?')

  return {
    /** Enters due times that were not known; returns the row ids, 0 for what was known already. */
    enter(runs: readonly NewRun[], now: number): number[] {
      return runs.map(({ job, name, person, due, last, count, state, reason }) => {
        const ended = state === 'missed' ? now : null
        const done = insert.run(job, name, person, due, last, count, state, reason, ended)
        return done.changes === 0 ? 0 : Number(done.lastInsertRowid)
      })
    },
    get: (id: number): Run | undefined => get.get(id),
    ofInbox: (inbox: number): Run | undefined => ofInbox.get(inbox),
    /** Rows of a job that account for a time between the two. */
    covering: (job: string, from: number, to: number): Pick<Run, 'due' | 'last'>[] =>
      covering.all({ job, from, to }),
    open: (): Run[] => open.all(),
    begin: (id: number, inbox: number): void => void begin.run(inbox, id),
    retry: (id: number, at: number, reason: string): void => void retry.run(at, reason, id),
    end: (
      id: number,
      state: 'sending' | 'delivered' | 'silent' | 'failed' | 'missed',
      now: number,
      facts: { reason?: string; turn?: string } = {},
    ): void =>
      void end.run(state, facts.reason ?? null, facts.turn ?? null, state === 'sending' ? null : now, id),
    /** A part of a run's reply is out, or will never be. */
    delivered: (turn: string, now: number): void => void delivered.run(now, turn),
    undelivered: (turn: string, reason: string, now: number): void => void undelivered.run(reason, now, turn),
    /** After a crash: what the outbox knows and the ledger does not. */
    reconcile(now: number): void {
      settleSent.run(now)
      settleFailed.run(now)
    },
    untold: (): Run[] => untold.all(),
    setTold: (ids: readonly number[]): void => ids.forEach(id => void told.run(id)),
    /** The newest first: of one job by id or name, and of one person, if given. */
    history: (job: string | null, limit: number, person: string | null = null): Run[] =>
      history.all(job, job, job, person, person, limit),
    /** The clock was set back: what was missed in a future that is still to come is due again. */
    rewind: db.transaction((now: number): void => {
      forgetFuture.run(now)
      cutFuture.run(now, now)
      backCursors.run(now, now)
    }),
  }
}
