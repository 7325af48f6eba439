// Forgetting for real: rows, index terms, vectors, links and what was derived, and then the bytes in the files.
import { setTimeout as wait } from 'node:timers/promises'
import { CoopError } from '../errors.ts'
import { removeCopies } from '../store/copies.ts'
import type { Db } from '../store/database.ts'
import { questionTerms } from './analyse.ts'
import { refreshSession } from './context.ts'
import type { Shelf } from './files.ts'
import { mended } from './mend.ts'
import type { Row } from './row.ts'
import { find, notFound, type Scope, writable } from './scope.ts'
import type { ShelfRef } from './shelves.ts'
import { bury } from './tombstone.ts'
import { removeRow } from './write.ts'

export type ForgetWhat = (
  | { readonly id: string }
  /** Everything they said or that is about them. */
  | { readonly person: string }
  /** Every row that has all content words of it. */
  | { readonly query: string }
) & {
  /** Also the turns that a fact was taken from. */
  readonly sources?: boolean
  /** The transcript entries of the turn that wrote a row under this key: with `sources` they go too. */
  readonly entriesOfCall?: (key: string) => readonly number[]
}

interface Wanted {
  readonly id: string
  readonly person: string
  readonly query: string
  readonly sources: boolean
}

export interface ForgetReport {
  readonly forgotten: number
  /** Transcript entries that hold the same words, for whoever keeps the transcript. */
  readonly entries: readonly number[]
  /** Ids of the rows that are gone. For whoever cleans up after them, never to be shown. */
  readonly memories: readonly string[]
  /** What they said, for the same. */
  readonly texts: readonly string[]
  /** False when another process held the write-ahead log; its bytes go with the next checkpoint. */
  readonly wiped: boolean
}

/** Forgets what this clearance may change. Backups, provider logs and chat apps keep their own copies. */
export async function forget(scope: Scope, what: ForgetWhat): Promise<ForgetReport> {
  const open = writable(scope)
  const only = 'id' in what ? find(scope.shelves(), what.id) : undefined
  if ('id' in what && (open.length === 0 || (only && !open.some(ref => same(ref, only.shelf.ref)))))
    throw notFound(what.id)
  if (open.length === 0) throw new CoopError('not_permitted', 'Nothing can be forgotten from here.')
  const gone = new Map<string, Row>()
  const entries = new Set<number>()
  const files = new Set<string | null>()
  const go = (shelf: Shelf, choose: () => readonly Row[]): void => {
    for (const row of mended([shelf.ref.owner], scope.mend, shelf.db.transaction(choose))) {
      gone.set(row.uid, row)
      files.add(shelf.ref.owner)
      if (row.entry !== null) entries.add(row.entry)
    }
  }

  for (const ref of open) {
    const shelf = scope.files.existing(ref)
    if (!shelf || (only && !same(ref, only.shelf.ref))) continue
    go(shelf, () => forgetOn(shelf, only ? [only.row] : matching(shelf, what), what, scope.now()))
  }
  if ('id' in what && gone.size === 0) throw notFound(what.id)
  if (what.sources) {
    const calls = [...gone.values()].flatMap(row => row.key ?? [])
    const said = calls.flatMap(key => what.entriesOfCall?.(key) ?? [])
    for (const entry of said) entries.add(entry)
    for (const ref of open) {
      const shelf = scope.files.existing(ref)
      if (shelf) go(shelf, () => forgetOn(shelf, spoken(shelf, said), {}, scope.now()))
    }
  }
  for (const ref of open) removeCopies(scope.files.pathOf(ref.owner))
  const wiped = await Promise.all([...files].map(owner => emptyLog(() => scope.files.database(owner))))
  return {
    forgotten: gone.size,
    entries: [...entries].sort((a, b) => a - b),
    memories: [...gone.keys()],
    texts: [...gone.values()].map(row => row.body),
    wiped: wiped.every(Boolean),
  }
}

/** How many rows a query would forget, those put away left out. */
export const countSaying = (scope: Scope, query: string): number =>
  writable(scope).reduce((sum, ref) => {
    const shelf = scope.files.existing(ref)
    return sum + (shelf ? matching(shelf, { query }).length : 0)
  }, 0)

const same = (a: ShelfRef, b: ShelfRef): boolean => a.id === b.id && a.owner === b.owner

/** Takes rows off a shelf, with what hangs on them and what was put away of the same. Returns all that went. */
function forgetOn(shelf: Shelf, asked: readonly Row[], what: Partial<Wanted>, now: number): Row[] {
  const rows = withDerived(shelf, asked, what.sources === true)
  for (const row of rows) {
    bury(shelf, row.title ? `${row.title}\n${row.body}` : row.body, now)
    removeRow(shelf, row)
  }
  const sessions = rows.flatMap(row => (row.kind === 'turn' && row.session !== null ? [row.session] : []))
  for (const session of new Set(sessions)) refreshSession(shelf, session)
  if (what.person !== undefined)
    shelf.sql(`DELETE FROM ${shelf.tables.alias} WHERE person = ?`).run(what.person)
  return [...rows, ...forgetArchived(shelf, what, new Set(rows.map(row => row.uid)), now)]
}

/** The turns of these transcript entries. */
const spoken = (shelf: Shelf, entries: readonly number[]): Row[] => {
  const turn = shelf.sql(`SELECT * FROM ${shelf.tables.mem} WHERE key = ?`)
  return entries.flatMap(entry => turn.all(`entry:${entry}`) as Row[])
}

/** Empties the write-ahead log, which otherwise keeps what was deleted. */
export async function emptyLog(database: () => Db): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const [state] = database().pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    if (state?.busy === 0) return true
    await wait(50)
  }
  return false
}

function matching(shelf: Shelf, what: ForgetWhat): Row[] {
  if ('id' in what) return []
  const { mem, fts } = shelf.tables
  if ('person' in what) {
    return shelf
      .sql(
        `SELECT * FROM ${mem} WHERE said_by = ? OR EXISTS (SELECT 1 FROM json_each(people) WHERE value = ?)`,
      )
      .all(what.person, what.person) as Row[]
  }
  const terms = questionTerms(what.query)
  if (terms.length === 0)
    throw new CoopError('input_invalid', 'Say what to forget: at least one word with content.')
  const match = terms.map(term => `norm : "${term}"`).join(' AND ')
  return shelf
    .sql(`SELECT * FROM ${mem} WHERE id IN (SELECT rowid FROM ${fts} WHERE ${fts} MATCH ?)`)
    .all(match) as Row[]
}

/** The rows, their older versions, what was derived from them, and if asked the turns they came from. */
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

/** The same for what was put away: what fits, and older versions of rows that are gone. */
function forgetArchived(
  shelf: Shelf,
  what: Partial<Wanted>,
  replaced: ReadonlySet<string>,
  now: number,
): Row[] {
  const { archive } = shelf.tables
  const stored = shelf.sql(`SELECT terms, row FROM ${archive}`).all() as { terms: string; row: string }[]
  const fits = archivedFit(what)
  const rows = stored.flatMap(({ terms, row: json }) => {
    const row = JSON.parse(json) as Row
    return fits(row, terms) || (row.superseded_by !== null && replaced.has(row.superseded_by)) ? [row] : []
  })
  for (const row of rows) {
    bury(shelf, row.body, now)
    shelf.sql(`DELETE FROM ${archive} WHERE uid = ?`).run(row.uid)
  }
  return rows
}

function archivedFit({ id, person, query }: Partial<Wanted>): (row: Row, terms: string) => boolean {
  if (id !== undefined) return row => row.uid === id || (id.length >= 8 && row.uid.startsWith(id))
  if (person !== undefined)
    return row => row.said_by === person || (JSON.parse(row.people) as string[]).includes(person)
  if (query === undefined) return () => false
  const terms = questionTerms(query)
  return (_, has) => terms.every(term => has.includes(` ${term} `))
}
