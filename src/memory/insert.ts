// Puts one row on a shelf with its index terms, its neighbours' context and its speaker's name.
import { hash as digest } from 'node:crypto'
import { addRow } from './add-row.ts'
import { questionShare, termsOf } from './analyse.ts'
import { dateTerms, spansIn, speaksOfTime } from './dates.ts'
import type { Shelf } from './files.ts'
import type { Kind, Row, RowOrigin } from './row.ts'
import { tellerTerms } from './teller.ts'

export interface NewRow {
  readonly uid: string
  readonly key: string | null
  readonly kind: Kind
  readonly title?: string | null
  readonly body: string
  readonly saidBy: string | null
  readonly author: string | null
  readonly people?: readonly string[]
  readonly session?: string | null
  readonly seq?: number | null
  readonly at: number
  readonly recordedAt: number
  /** From when on it is true, if not from when it was said. */
  readonly validFrom?: number
  readonly origin: RowOrigin
  readonly originTrust: string
  readonly ref?: string | null
  readonly entry?: number | null
  /** Whether it takes no place among its neighbours if it says next to nothing, or what was just said in the same words. */
  readonly passing?: boolean
  /** Index terms of title and body, where they are known already. */
  readonly terms?: readonly string[]
  /** Those of the turns before and after, where they are known already. */
  readonly near?: string
  /** Of a turn: its place in its session, where it is known already. */
  readonly pos?: number
}

const numbers = /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twice|once|dozen|hundred|couple)\b/i

/** The index term that every row but a turn has. */
export const factTerm = 'xkfact'

/** Inserts a row; call inside a transaction. What its neighbours show of it is written by `refreshSession` or `refreshTail`. */
export function insertRow(shelf: Shelf, row: NewRow): void {
  const text = row.title ? `${row.title}\n${row.body}` : row.body
  const people = aliased(shelf, row.people ?? [])
  const terms = row.terms ?? termsOf(text)
  const named = [...(row.saidBy === null ? [] : [row.saidBy]), ...people].flatMap(termsOf)
  const mark = row.kind === 'turn' ? tellerTerms(row.body) : [factTerm]
  const meta = [...named, ...dateTerms(row.at, text), ...mark]
  const near = row.near ?? ''
  const event = spansIn(text, row.at)[0]
  const hash = hashOf(text)
  addRow(shelf, {
    uid: row.uid,
    key: row.key,
    kind: row.kind,
    title: row.title ?? null,
    body: row.body,
    norm: terms.join(' '),
    near,
    meta: meta.join(' '),
    len: terms.length + meta.length + countTerms(near),
    said_by: row.saidBy,
    author: row.author,
    people: JSON.stringify(people),
    session: row.session ?? null,
    seq: row.seq ?? null,
    pos: row.pos ?? placeOf(shelf, row, terms.length, hash),
    at: row.at,
    event_from: event?.from ?? null,
    event_to: event?.to ?? null,
    event_precision: event?.precision ?? null,
    valid_from: row.kind === 'turn' ? null : (row.validFrom ?? row.at),
    valid_to: null,
    superseded_by: null,
    recorded_at: row.recordedAt,
    confirmed_at: null,
    confirmations: 1,
    used_at: null,
    pinned: 0,
    origin: row.origin,
    origin_trust: row.originTrust,
    hash,
    ref: row.ref ?? null,
    entry: row.entry ?? null,
    asks: questionShare(row.body),
    tells_time: speaksOfTime(text) ? 1 : 0,
    tells_number: numbers.test(text) ? 1 : 0,
  })
  countPeople(shelf, { said_by: row.saidBy, people: JSON.stringify(people), at: row.at })
}

/** Notes a row's names in the shelf's list of people. */
export function countPeople(shelf: Shelf, row: Pick<Row, 'said_by' | 'people' | 'at'>): void {
  for (const name of namesIn(row)) countPerson(shelf, name, row.at)
}

/** How many index terms a column of them holds. */
export function countTerms(terms: string): number {
  if (terms === '') return 0
  let count = 1
  for (let at = terms.indexOf(' '); at >= 0; at = terms.indexOf(' ', at + 1)) count++
  return count
}

/** Equal for the same words however they are spaced. */
export const hashOf = (text: string): Buffer =>
  digest('sha256', text.normalize('NFC').replace(/\s+/g, ' ').trim(), 'buffer')

/** Takes a row's names out of the shelf's list of people. */
export function uncountPeople(shelf: Shelf, row: Pick<Row, 'said_by' | 'people'>): void {
  const { person, name: names } = shelf.tables
  for (const name of namesIn(row)) {
    shelf.sql(`UPDATE ${person} SET rows = rows - 1 WHERE name = ?`).run(name)
    const gone = shelf.sql(`DELETE FROM ${person} WHERE name = ? AND rows <= 0`).run(name).changes > 0
    if (gone) shelf.sql(`DELETE FROM ${names} WHERE name = ?`).run(name)
  }
}

const namesIn = (row: Pick<Row, 'said_by' | 'people'>): Set<string> =>
  new Set([...(row.said_by === null ? [] : [row.said_by]), ...(JSON.parse(row.people) as string[])])

function countPerson(shelf: Shelf, name: string, at: number): void {
  const { person, name: names } = shelf.tables
  const again = shelf.sql(`UPDATE ${person} SET rows = rows + 1, last_at = max(last_at, ?) WHERE name = ?`)
  if (again.run(at, name).changes > 0) return
  shelf.sql(`INSERT INTO ${person} VALUES (?, 1, ?)`).run(name, at)
  for (const term of new Set(termsOf(name))) {
    shelf.sql(`INSERT INTO ${names} VALUES (?, ?) ON CONFLICT DO NOTHING`).run(term, name)
  }
}

/** Names with this shelf's aliases replaced by whom they mean. */
function aliased(shelf: Shelf, people: readonly string[]): string[] {
  const lookup = shelf.sql(`SELECT person FROM ${shelf.tables.alias} WHERE alias = ? ORDER BY person`)
  const found = people.map(
    name => (lookup.get(termsOf(name).join(' ')) as { person: string } | undefined)?.person ?? name,
  )
  return [...new Set(found)]
}

/** A turn of the agent with fewer words than this ("Noted.") would only come between what people said. */
const fewestTerms = 3
/** So would a sentence that it says again within so many turns. */
const lately = 40

function placeOf(shelf: Shelf, row: NewRow, terms: number, hash: Buffer): number | null {
  const { kind, session, passing } = row
  if (session == null || kind !== 'turn') return null
  if (passing && terms < fewestTerms) return null
  const next = nextPosition(shelf, session)
  return passing && saidLately(shelf, session, next, hash) ? null : next
}

function saidLately({ sql, tables }: Shelf, session: string, next: number, hash: Buffer): boolean {
  const query = `SELECT 1 FROM ${tables.mem} WHERE session = ? AND pos >= ? AND hash = ?`
  return sql(query).get(session, next - lately, hash) !== undefined
}

/** The place behind the last turn of a session. */
export function nextPosition(shelf: Shelf, session: string): number {
  const last = shelf
    .sql(`SELECT pos FROM ${shelf.tables.mem} WHERE session = ? ORDER BY pos DESC LIMIT 1`)
    .pluck()
    .get(session) as number | null | undefined
  return (last ?? -1) + 1
}
