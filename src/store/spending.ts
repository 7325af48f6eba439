// What model calls cost: summed for budgets and for people to read.
import type { Db } from './database.ts'

/** `quarter` is a quarter of an hour, named by its beginning in milliseconds since 1970: every zone’s days are made of them. */
export type SpendBy = 'user' | 'model' | 'job' | 'quarter'

export interface SpendRow {
  readonly name: string | null
  readonly calls: number
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly usd: number
}

const groups: Record<SpendBy, string> = {
  // Not by the index of people, which would read every call that was ever paid for.
  user: '+person',
  model: 'model',
  job: 'job',
  quarter: 'CAST(at / 900000 * 900000 AS TEXT)',
}

/** The day on which clocks are put back. */
const longestDayMs = 25 * 3_600_000

export type Spending = ReturnType<typeof openSpending>

export function openSpending(db: Db) {
  // With an end: what was spent while the clock stood too far ahead is no other day's.
  const ofPerson = db.prepare<[string, number, number], { usd: number }>(
    'SELECT total(usd) AS usd FROM spend WHERE person = ? AND at >= ? AND at < ?',
  )
  const ofLevel = db.prepare<[string, number, number], { usd: number }>(
    'SELECT total(usd) AS usd FROM spend WHERE level = ? AND at >= ? AND at < ?',
  )
  const sums = Object.fromEntries(
    Object.entries(groups).map(([by, column]) => [
      by,
      db.prepare<[number, string | null, string | null], SpendRow>(
        `SELECT ${column} AS name, count(*) AS calls, sum(input) AS input, sum(output) AS output,
         sum(cache_read) AS cacheRead, sum(cache_write) AS cacheWrite, sum(usd) AS usd
         FROM spend WHERE at >= ? AND (? IS NULL OR person = ?) GROUP BY 1 ORDER BY usd DESC, calls DESC`,
      ),
    ]),
  )
  // By time, which has an index; the turn has none.
  const last = db.prepare<[string], { size: number }>(
    `WITH newest AS (
       SELECT id, started_at FROM turn WHERE session = ? ORDER BY started_at DESC LIMIT 1
     )
     SELECT input + cache_read + cache_write + output AS size FROM spend
     WHERE at >= (SELECT started_at FROM newest) AND turn = (SELECT id FROM newest)
     ORDER BY at DESC, id DESC LIMIT 1`,
  )
  return {
    /** Tokens of a session's newest model call, its answer included; 0 before the first. */
    lastSize: (session: string): number => last.get(session)?.size ?? 0,
    /** US dollars on the day that begins at `from`. */
    ofPerson: (person: string, from: number): number => ofPerson.get(person, from, from + longestDayMs)!.usd,
    ofLevel: (level: string, from: number): number => ofLevel.get(level, from, from + longestDayMs)!.usd,
    /** Sums since `from`, the dearest first; of one person, if named. */
    sums: (by: SpendBy, from: number, person: string | null = null): SpendRow[] =>
      sums[by]!.all(from, person, person),
  }
}
