// Yeses for the next minutes: bound to a tool, to what makes calls alike, to one conversation as it was then.
import type { Db } from './database.ts'

export interface Permit {
  /** The approval that it came from. */
  readonly approval: string
  readonly session: string
  /** The clearance's fingerprint: under any other, higher or lower, it counts for nothing. */
  readonly clearance: string
  readonly tool: string
  readonly alike: string
  /** Which calls those are, for people. */
  readonly words: string
}

export type Permits = ReturnType<typeof openPermits>

const columns = 'approval, session, clearance, tool, alike, words, until'

export function openPermits(db: Db) {
  const offer = db.prepare(
    `INSERT INTO permit (approval, session, clearance, tool, alike, words) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
  const get = db.prepare<[string], Permit & { until: number | null }>(
    `SELECT ${columns} FROM permit WHERE approval = ?`,
  )
  const give = db.prepare<[number, string]>('UPDATE permit SET until = ? WHERE approval = ?')
  const end = db.prepare<[string]>('UPDATE permit SET until = NULL WHERE approval = ? AND until IS NOT NULL')
  const endAll = db.prepare('UPDATE permit SET until = NULL')
  const given = db.prepare<[number], Permit & { until: number }>(
    `SELECT ${columns} FROM permit WHERE until > ? ORDER BY until`,
  )

  return {
    /** Notes what a yes to this question could be widened to. */
    offer({ approval, session, clearance, tool, alike, words }: Permit): void {
      offer.run(approval, session, clearance, tool, alike, words)
    },
    offered: (approval: string): Permit | undefined => get.get(approval),
    give: (approval: string, until: number): void => void give.run(until, approval),
    /** False when there was none. */
    end: (approval: string): boolean => end.run(approval).changes === 1,
    endAll: (): void => void endAll.run(),
    /** Those that hold at `now`, the first to end first. */
    given: (now: number): (Permit & { readonly until: number })[] => given.all(now),
  }
}
