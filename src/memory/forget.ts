// Forgetting for real: rows, index terms, vectors, links and what was derived, and then the bytes in the files.
import { setTimeout as wait } from 'node:timers/promises'
import { CoopError } from '../errors.ts'
import type { Db } from '../store/database.ts'
import { questionTerms, termsOf } from './analyse.ts'
import { refreshSession } from './context.ts'
import type { Shelf } from './files.ts'
import type { Row } from './row.ts'
import { notFound, type Scope, writable } from './scope.ts'
import { bury } from './tombstone.ts'
import { changeable, removeRow } from './write.ts'

export type ForgetWhat = (
  | { readonly id: string }
  /** Everything they said or that is about them. */
  | { readonly person: string }
  /** Every row that has all content words of it. */
  | { readonly query: string }
) & {
  /** Also the turns that a fact was taken from. */
  readonly sources?: boolean
}

export interface ForgetReport {
  readonly forgotten: number
  /** Transcript entries that hold the same words, for whoever keeps the transcript. */
  readonly entries: readonly number[]
  /** False when another process held the write-ahead log; its bytes go with the next checkpoint. */
  readonly wiped: boolean
}

/** Forgets what this clearance may change. Backups, provider logs and chat apps keep their own copies. */
export async function forget(scope: Scope, what: ForgetWhat): Promise<ForgetReport> {
  const now = scope.now()
  const entries = new Set<number>()
  const files = new Set<string | null>()
  let forgotten = 0
  const only = 'id' in what ? changeable(scope, what.id) : undefined
  const open = writable(scope)
  if (open.length === 0 && !only) throw new CoopError('not_permitted', 'Nothing can be forgotten from here.')
  for (const ref of open) {
    const shelf = scope.files.existing(ref)
    if (!shelf) continue
    if (only && (only.shelf.ref.id !== ref.id || only.shelf.ref.owner !== ref.owner)) continue
    const count = shelf.db.transaction(() => {
      const rows = withDerived(shelf, only ? [only.row] : matching(shelf, what), what.sources === true)
      for (const row of rows) {
        bury(shelf, row.title ? `${row.title}\n${row.body}` : row.body, now)
        if (row.entry !== null) entries.add(row.entry)
        removeRow(shelf, row)
      }
      for (const session of new Set(
        rows.flatMap(row => (row.kind === 'turn' && row.session !== null ? [row.session] : [])),
      )) {
        refreshSession(shelf, session)
      }
      if ('person' in what) shelf.sql(`DELETE FROM ${shelf.tables.alias} WHERE person = ?`).run(what.person)
      return rows.length + (only ? 0 : forgetArchived(shelf, what, now))
    })()
    if (count > 0) files.add(ref.owner)
    forgotten += count
  }
  if ('id' in what && forgotten === 0) throw notFound(what.id)
  const wiped = await Promise.all([...files].map(owner => wipeLog(() => scope.files.database(owner))))
  return { forgotten, entries: [...entries].sort((a, b) => a - b), wiped: wiped.every(Boolean) }
}

/** Empties the write-ahead log, which otherwise keeps what was deleted. */
export async function wipeLog(database: () => Db): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const [state] = database().pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    if (state?.busy === 0) return true
    await wait(50)
  }
  return false
}

function matching(shelf: Shelf, what: ForgetWhat): Row[] {
  const { mem, fts } = shelf.tables
  if ('person' in what) {
    return shelf
      .sql(
        `SELECT * FROM ${mem} WHERE said_by = ? OR EXISTS (SELECT 1 FROM json_each(people) WHERE value = ?)`,
      )
      .all(what.person, what.person) as Row[]
  }
  const terms = 'query' in what ? questionTerms(what.query) : []
  if (terms.length === 0)
    throw new CoopError('input_invalid', 'Say what to forget: at least one word with content.')
  const match = terms.map(term => `norm : "${term}"`).join(' AND ')
  return shelf
    .sql(`SELECT * FROM ${mem} WHERE id IN (SELECT rowid FROM ${fts} WHERE ${fts} MATCH ?)`)
    .all(match) as Row[]
}

/** The rows, their older versions, what was derived from them, and their source turns if asked. */
export function withDerived(shelf: Shelf, rows: readonly Row[], sources: boolean): Row[] {
  const { mem, evidence } = shelf.tables
  const all = new Map(rows.map(row => [row.uid, row]))
  const related = [
    shelf.sql(`SELECT * FROM ${mem} WHERE superseded_by = ?`),
    shelf.sql(
      `SELECT m.* FROM ${evidence} e JOIN ${mem} m ON m.uid = e.fact WHERE e.turn = ? AND (m.kind = 'summary' OR m.origin = 'inferred')`,
    ),
    ...(sources
      ? [shelf.sql(`SELECT m.* FROM ${evidence} e JOIN ${mem} m ON m.uid = e.turn WHERE e.fact = ?`)]
      : []),
  ]
  for (const uid of all.keys()) {
    for (const query of related) {
      for (const row of query.all(uid) as Row[]) if (!all.has(row.uid)) all.set(row.uid, row)
    }
  }
  return [...all.values()]
}

function forgetArchived(shelf: Shelf, what: ForgetWhat, now: number): number {
  const terms = 'query' in what ? questionTerms(what.query) : 'person' in what ? termsOf(what.person) : []
  if (terms.length === 0) return 0
  const { archive } = shelf.tables
  const rows = (
    shelf.sql(`SELECT uid, terms, row FROM ${archive}`).all() as { uid: string; terms: string; row: string }[]
  ).filter(({ terms: has, row }) => {
    if (!('person' in what)) return terms.every(term => has.includes(` ${term} `))
    const { said_by, people } = JSON.parse(row) as Row
    return said_by === what.person || (JSON.parse(people) as string[]).includes(what.person)
  })
  for (const { uid, row } of rows) {
    bury(shelf, (JSON.parse(row) as Row).body, now)
    shelf.sql(`DELETE FROM ${archive} WHERE uid = ?`).run(uid)
  }
  return rows.length
}
