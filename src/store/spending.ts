// What model calls used and cost, read back.
import type { Db } from './database.ts'

export type Spending = ReturnType<typeof openSpending>

export function openSpending(db: Db) {
  // By time, which has an index; the turn has none.
  const last = db.prepare<[string], { size: number }>(
    `WITH newest AS (
       SELECT id, started_at FROM turn WHERE session = ? ORDER BY started_at DESC LIMIT 1
     )
     SELECT input + cache_read + cache_write + output AS size FROM spend
     WHERE at >= (SELECT started_at FROM newest) AND turn = (SELECT id FROM newest)
     ORDER BY at DESC, id DESC LIMIT 1`,
  )
  const since = db.prepare<[string, number], { usd: number }>(
    'SELECT coalesce(sum(usd), 0) AS usd FROM spend WHERE person = ? AND at >= ?',
  )
  return {
    /** Tokens of a session's newest model call, its answer included; 0 before the first. */
    lastSize: (session: string): number => last.get(session)?.size ?? 0,
    /** US dollars of a person's turns since `from`, milliseconds since 1970. */
    since: (person: string, from: number): number => since.get(person, from)?.usd ?? 0,
  }
}
