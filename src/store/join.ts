// Gives everything of one person to another: conversations, jobs, grants, labels. One commit, and safe to repeat.
import type { Grant } from '../access/clearance.ts'
import { personalOf } from '../access/levels.ts'
import type { Db } from './database.ts'

export interface JoinedRows {
  readonly sessions: number
  readonly jobs: number
}

/** Tables whose rows name a session. */
const ofSession = ['entry', 'turn', 'inbox', 'approval', 'disclosure'] as const
/** Columns that name a person. */
const ofPerson = [
  ['session', 'person'],
  ['entry', 'author'],
  ['approval', 'asked'],
  ['approval', 'answered_by'],
  ['release', 'by_person'],
  ['release', 'to_person'],
  ['spend', 'person'],
  ['job', 'person'],
  ['run', 'person'],
] as const
/** Columns that hold a list of compartments. */
const ofLabels = [
  ['entry', 'labels'],
  ['outbox', 'labels'],
  ['disclosure', 'labels'],
  ['release', 'from_labels'],
] as const
const ofGrants = ['turn', 'outbox', 'job'] as const

/**
 * What the direct conversations of `from` are called afterwards. One takes the name that `into` uses if that
 * is free; else it is kept beside. A later person who is given the id `from` must find none of them.
 */
export function sessionNames(db: Db, from: string, into: string): Map<string, string> {
  const exists = db.prepare('SELECT 1 FROM session WHERE id = ?')
  const old = db
    .prepare<[string], { id: string }>("SELECT id FROM session WHERE person = ? AND kind = 'direct'")
    .all(from)
  const names = new Map<string, string>()
  for (const { id } of old) {
    const rest = id.slice(`direct:${from}`.length)
    const taken = (name: string) => exists.get(name) !== undefined || [...names.values()].includes(name)
    let name = `direct:${into}${rest}`
    for (let count = 1; taken(name); count++)
      name = `direct:${into}+${from}${count === 1 ? '' : `.${count}`}${rest}`
    names.set(id, name)
  }
  return names
}

/** What would be given away. */
export function countRows(db: Db, person: string): JoinedRows {
  const count = (sql: string) => (db.prepare(sql).get(person) as { count: number }).count
  return {
    sessions: count("SELECT count(*) AS count FROM session WHERE person = ? AND kind = 'direct'"),
    jobs: count("SELECT count(*) AS count FROM job WHERE person = ? AND state = 'active'"),
  }
}

export function joinRows(db: Db, from: string, into: string, names: ReadonlyMap<string, string>): void {
  db.transaction(() => {
    for (const [old, name] of names) {
      for (const table of ofSession)
        db.prepare(`UPDATE ${table} SET session = ? WHERE session = ?`).run(name, old)
      db.prepare('UPDATE session SET id = ? WHERE id = ?').run(name, old)
      moveSettings(db, `session:${old}`, `session:${name}`)
    }
    moveSettings(db, `person:${from}`, `person:${into}`)
    for (const [table, column] of ofPerson)
      db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`).run(into, from)
    for (const [table, column] of ofLabels) {
      const [before, after] = [JSON.stringify(personalOf(from)), JSON.stringify(personalOf(into))]
      db.prepare(
        `UPDATE ${table} SET ${column} = replace(${column}, ?, ?) WHERE instr(${column}, ?) > 0`,
      ).run(before, after, before)
    }
    db.prepare(
      `UPDATE disclosure SET audience =
         (SELECT json_group_array(value) FROM (SELECT DISTINCT iif(value = ?, ?, value) AS value FROM json_each(audience) ORDER BY 1))
       WHERE instr(audience, ?) > 0`,
    ).run(from, into, JSON.stringify(from))
    for (const table of ofGrants) joinGrants(db, table, from, into)
  })()
}

/** What the other set for themself stays. */
function moveSettings(db: Db, from: string, into: string): void {
  db.prepare('UPDATE OR IGNORE setting SET scope = ? WHERE scope = ?').run(into, from)
  db.prepare('DELETE FROM setting WHERE scope = ?').run(from)
}

function joinGrants(db: Db, table: (typeof ofGrants)[number], from: string, into: string): void {
  const set = db.prepare(`UPDATE ${table} SET grant_json = ? WHERE rowid = ?`)
  const rows = db
    .prepare<[string, string], { rowid: number; grant_json: string }>(
      `SELECT rowid, grant_json FROM ${table} WHERE instr(grant_json, ?) > 0 OR instr(grant_json, ?) > 0`,
    )
    .all(JSON.stringify(from), JSON.stringify(personalOf(from)))
  for (const { rowid, grant_json } of rows)
    set.run(JSON.stringify(joinedGrant(JSON.parse(grant_json) as Grant, from, into)), rowid)
}

function joinedGrant(grant: Grant, from: string, into: string): Grant {
  const named = (id: string) => (id === from ? into : id)
  const { place } = grant
  return {
    ...grant,
    person: grant.person === null ? null : named(grant.person),
    // At the terminal a person's place has their id.
    place: place.channel === 'terminal' ? { ...place, id: named(place.id) } : place,
    reads: grant.reads.map(label => (label === personalOf(from) ? personalOf(into) : label)),
    audience: [...new Set(grant.audience.map(named))],
  }
}
