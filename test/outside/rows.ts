// What stands in coop.db while the story is told: read beside the running program.
import Database from 'better-sqlite3'

function read<T>(path: string, look: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true })
  try {
    return look(db)
  } finally {
    db.close()
  }
}

const lines = (path: string, sql: string, ...values: string[]): string =>
  read(path, db =>
    db
      .prepare<string[], { line: string }>(sql)
      .all(...values)
      .map(row => row.line)
      .join(', '),
  )

/** What the newest turns were given: a configuration that is not in force yet is no leak. */
export const grantedIn = (path: string): string =>
  lines(
    path,
    "SELECT session || ' ' || (grant_json ->> '$.reads') AS line FROM turn ORDER BY started_at DESC LIMIT 3",
  )

/** Where a word stands, and what it needs there. */
export const labelsOf = (path: string, word: string): string =>
  lines(
    path,
    "SELECT DISTINCT role || ' ' || session || ' ' || coalesce(author,'-') || ' ' || labels || ' ' || substr(body, instr(body, 'msg-'), 60) AS line FROM entry WHERE role IN ('user', 'heard', 'summary') AND body LIKE ? LIMIT 5",
    `%${word}%`,
  )

/** Words of a message, or of a file sent with it, whose turn was open when its person was lowered: it is answered anew, and stands there again. */
export function isAnsweredAnew(path: string, word: string, open: ReadonlySet<string>): boolean {
  const rows = read(path, db =>
    db
      .prepare<[string], { labels: string; body: string }>(
        "SELECT labels, body FROM entry WHERE role = 'user' AND author IS NOT NULL AND (session LIKE 'direct:%' OR session LIKE 'stranger:%') AND body LIKE ?",
      )
      .all(`%${word}%`),
  ).filter(row => (JSON.parse(row.body) as Block[]).some(block => isSaid(block) && holds(block, word)))
  return rows.length > 1 && rows.some(row => new Set(JSON.parse(row.labels)).isSubsetOf(open))
}

type Block = { readonly type: string }

/** What was recalled beside a message is not said by anybody. */
const isSaid = ({ type }: Block): boolean => type === 'document' || type === 'text'

const holds = (block: Block, word: string): boolean => JSON.stringify(block).includes(word)

const openSql = `SELECT
  (SELECT count(*) FROM inbox WHERE state IN ('new', 'running') AND (turn IS NULL OR turn NOT IN (SELECT id FROM turn WHERE state = 'waiting'))) +
  (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending') AND next_at <= unixepoch() * 1000 + 1000) +
  (SELECT count(*) FROM turn WHERE state = 'running') AS n`

/** Whether something is still to be answered or sent. */
export const isBusy = (path: string): boolean =>
  read(path, db => (db.prepare<[], { n: number }>(openSql).get()?.n ?? 0) > 0)

/** What keeps it from rest. */
export const openRows = (path: string): string =>
  read(path, db =>
    JSON.stringify([
      db
        .prepare(
          "SELECT id, state, turn, reason, substr(body, 1, 300) b FROM inbox WHERE state IN ('new', 'running')",
        )
        .all(),
      db.prepare("SELECT * FROM turn WHERE state = 'running'").all(),
      db.prepare("SELECT * FROM outbox WHERE state IN ('queued', 'sending')").all(),
    ]),
  )
