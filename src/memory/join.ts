// Takes one person's own memory over into another's: rows with their links, what was forgotten, what was archived.

import { addRow } from './add-row.ts'
import type { Shelf } from './files.ts'
import { countPeople } from './insert.ts'
import type { Row } from './row.ts'
import type { Room } from './scope.ts'
import { commonShelves, personalShelves, storeOf, tables } from './shelves.ts'
import { takeTombstones } from './tombstone.ts'
import { sameFact } from './write.ts'

/** Rows of a person's own memory. */
export function countPersonal(room: Room, owner: string): number {
  return personalShelves.reduce((sum, id) => {
    const shelf = room.files.existing({ id, owner })
    if (!shelf) return sum
    return (
      sum + (shelf.sql(`SELECT count(*) AS rows FROM ${shelf.tables.mem}`).get() as { rows: number }).rows
    )
  }, 0)
}

/**
 * Copies what is `from`'s own into what is `into`'s, each row to the level it was said at, in one commit. What is
 * there already is not doubled, so it can be repeated; `forgetPersonal` takes the old file away afterwards.
 */
export function joinPersonal(
  room: Room,
  from: string,
  into: string,
  names: ReadonlyMap<string, string>,
): void {
  if (room.files.existing({ id: 'familiar', owner: from }))
    room.files.shelf({ id: 'familiar', owner: into }).db.transaction(() => {
      for (const id of personalShelves) joinShelf(room, id, from, into, names)
    })()
  for (const [uid, ref] of room.used) if (ref.owner === from) room.used.delete(uid)
  const common = room.files.database(null)
  common.transaction(() => {
    for (const id of commonShelves)
      common.prepare(`UPDATE ${tables[id].mem} SET author = ? WHERE author = ?`).run(into, from)
    common.prepare('UPDATE promotion SET by_person = ? WHERE by_person = ?').run(into, from)
    const store = (owner: string) => storeOf({ id: 'full', owner })
    common.prepare('UPDATE promotion SET from_store = ? WHERE from_store = ?').run(store(into), store(from))
  })()
}

/** Deletes the file of a person whose memory is another's now. */
export const forgetPersonal = (room: Room, owner: string): void => room.files.remove(owner)

const batch = 500

function joinShelf(
  room: Room,
  id: (typeof personalShelves)[number],
  from: string,
  into: string,
  names: ReadonlyMap<string, string>,
): void {
  const old = room.files.shelf({ id, owner: from })
  const shelf = room.files.shelf({ id, owner: into })
  const { mem } = shelf.tables
  const session = (name: string | null) => (name === null ? null : (names.get(name) ?? name))
  const behind = positionsBehind(shelf)
  /** Facts that are known here under another id. */
  const twins = new Map<string, string>()
  for (let after = 0; ; ) {
    const rows = old.sql(`SELECT * FROM ${mem} WHERE id > ? ORDER BY id LIMIT ${batch}`).all(after) as Row[]
    if (rows.length === 0) break
    after = rows.at(-1)!.id
    for (const { id: _, ...row } of rows) {
      if (shelf.sql(`SELECT 1 FROM ${mem} WHERE uid = ? OR key = ?`).get(row.uid, row.key)) continue
      const text = row.title ? `${row.title}\n${row.body}` : row.body
      const twin = row.kind === 'fact' && row.superseded_by === null ? sameFact(shelf, text) : undefined
      if (twin) {
        twins.set(row.uid, twin.uid)
        if (row.pinned) shelf.sql(`UPDATE ${mem} SET pinned = 1 WHERE uid = ?`).run(twin.uid)
        continue
      }
      const now = session(row.session)
      addRow(shelf, {
        ...row,
        session: now,
        pos: row.pos === null || now === null ? null : row.pos + behind(now),
        author: row.author === from ? into : row.author,
      })
      countPeople(shelf, row)
    }
  }
  joinLinks(old, shelf, { from, into, session, uid: uid => twins.get(uid) ?? uid })
}

/** How far the rows of a session are moved on behind those that are here, asked before the first is added. */
function positionsBehind(shelf: Shelf): (session: string) => number {
  const known = new Map<string, number>()
  return session => {
    let next = known.get(session)
    if (next === undefined) {
      const last = shelf.sql(`SELECT max(pos) AS pos FROM ${shelf.tables.mem} WHERE session = ?`).get(session)
      next = ((last as { pos: number | null }).pos ?? -1) + 1
      known.set(session, next)
    }
    return next
  }
}

interface Renaming {
  readonly from: string
  readonly into: string
  readonly session: (name: string | null) => string | null
  readonly uid: (uid: string) => string
}

function joinLinks(old: Shelf, shelf: Shelf, names: Renaming): void {
  const { alias, evidence, archive, captured } = shelf.tables
  const rowsOf = <T>(table: string) => old.sql(`SELECT * FROM ${table}`).all() as T[]
  for (const { alias: spoken, person } of rowsOf<{ alias: string; person: string }>(alias))
    shelf.sql(`INSERT INTO ${alias} VALUES (?, ?) ON CONFLICT DO NOTHING`).run(spoken, person)
  for (const { fact, turn } of rowsOf<{ fact: string; turn: string }>(evidence))
    shelf
      .sql(`INSERT INTO ${evidence} VALUES (?, ?) ON CONFLICT DO NOTHING`)
      .run(names.uid(fact), names.uid(turn))
  for (const one of rowsOf<{ uid: string; terms: string; row: string; archived_at: number }>(archive)) {
    const row = JSON.parse(one.row) as Row
    const author = row.author === names.from ? names.into : row.author
    const text = JSON.stringify({ ...row, author, session: names.session(row.session) })
    shelf
      .sql(`INSERT INTO ${archive} (uid, terms, row, archived_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
      .run(one.uid, one.terms, text, one.archived_at)
  }
  for (const { session, position } of rowsOf<{ session: string; position: number }>(captured))
    shelf
      .sql(
        `INSERT INTO ${captured} VALUES (?, ?) ON CONFLICT (session) DO UPDATE SET position = max(position, excluded.position)`,
      )
      .run(names.session(session), position)
  takeTombstones(old, shelf)
}
