// A statement is prepared once for a database, however often it is asked for.
import type { Statement } from 'better-sqlite3'
import type { Db } from './database.ts'

const statements = new WeakMap<Db, Map<string, Statement<unknown[], unknown>>>()

export function prepared<Given extends unknown[] = unknown[], Row = unknown>(
  db: Db,
  sql: string,
): Statement<Given, Row> {
  let known = statements.get(db)
  if (!known) {
    known = new Map()
    statements.set(db, known)
  }
  let statement = known.get(sql)
  if (!statement) {
    statement = db.prepare(sql)
    known.set(sql, statement)
  }
  return statement as Statement<Given, Row>
}
