// Lexical search over the shelves one clearance reads: candidates from each, scored as if they were one collection.
import type { Shelf } from './files.ts'
import { factTerm } from './insert.ts'
import { personNamed, type Question, questionOf, withAliases } from './question.ts'
import { type Candidate, type Ranked, rank } from './rank.ts'
import type { Row } from './row.ts'

export interface Limits {
  readonly now: number
  /** Candidates of each shelf. */
  readonly candidates?: number
  /** The least work that finds anything: rare terms alone. */
  readonly cheap?: boolean
  readonly kinds?: 'turns' | 'facts'
}

/** Above this many readable rows, terms that nearly every row has are left out. */
export const manyRows = 100_000
const commonShare = 0.02
const columnWeights = { norm: 1, near: 0.2, meta: 0.6 }
/** How much a term counts as covered that only the turns beside a row have. */
const besideCounts = 0.5
/** In a hurry a term's rows are counted up to here; what has more is too common to help. */
const hurriedRows = 2_000
const k1 = 1.2
const b = 0.75

type Found = Pick<
  Row,
  | 'uid'
  | 'kind'
  | 'norm'
  | 'near'
  | 'meta'
  | 'len'
  | 'said_by'
  | 'people'
  | 'session'
  | 'pos'
  | 'at'
  | 'event_from'
  | 'valid_to'
  | 'superseded_by'
  | 'recorded_at'
  | 'confirmed_at'
  | 'pinned'
  | 'asks'
  | 'tells_time'
  | 'tells_number'
>

/** The rows that answer `text`, best first. Statistics come from these shelves and no others. */
export function retrieve(shelves: readonly Shelf[], text: string, limits: Limits): Ranked[] {
  const question = withAliases(questionOf(text), shelves)
  if (question.terms.length + question.dateTerms.length === 0) return []
  const size = sizeOf(shelves)
  if (size.rows === 0) return []
  const wanted = [...question.terms, ...question.dateTerms]
  const terms = limits.cheap
    ? rarest(shelves, wanted, size.rows)
    : informative(weigh(shelves, wanted, size.rows), size.rows)
  if (terms.length === 0) return []
  const found = shelves.flatMap(shelf => candidatesOf(shelf, terms, limits).map(row => candidate(shelf, row)))
  return rank(found, {
    person: personNamed(question, shelves),
    dates: question.dates,
    wantsTime: question.wantsTime,
    wantsNumber: question.wantsNumber,
  })

  function candidate(shelf: Shelf, row: Found): Candidate {
    return {
      uid: row.uid,
      session: row.session === null ? null : `${shelf.ref.owner ?? ''}/${shelf.ref.id}/${row.session}`,
      pos: row.pos,
      ...score(row, terms, question, size.terms / size.rows),
      saidBy: row.said_by,
      people: row.people === '[]' ? [] : (JSON.parse(row.people) as string[]),
      fact: row.kind !== 'turn',
      asks: row.asks,
      tellsTime: row.tells_time === 1,
      tellsNumber: row.tells_number === 1,
      at: row.at,
      eventFrom: row.event_from,
      ended: row.superseded_by !== null || (row.valid_to !== null && row.valid_to <= limits.now),
      pinned: row.pinned === 1,
      ageMs: limits.now - (row.confirmed_at ?? row.recorded_at),
    }
  }
}

/** How many rows these shelves hold together. */
export function sizeOf(shelves: readonly Shelf[]): { rows: number; terms: number } {
  const sum = { rows: 0, terms: 0 }
  for (const shelf of shelves) {
    const size = shelf.sql(`SELECT rows, terms FROM ${shelf.tables.size}`).get() as {
      rows: number
      terms: number
    }
    sum.rows += size.rows
    sum.terms += size.terms
  }
  return sum
}

interface Term {
  readonly term: string
  readonly rows: number
  readonly idf: number
}

/** The terms that occur, with their weight over all of these shelves together. */
function weigh(shelves: readonly Shelf[], terms: readonly string[], rows: number): Term[] {
  return terms.flatMap(term => {
    let having = 0
    for (const shelf of shelves) {
      const row = shelf.sql(`SELECT doc FROM ${shelf.tables.voc} WHERE term = ?`).get(term) as
        | { doc: number }
        | undefined
      having += row?.doc ?? 0
    }
    return having === 0 ? [] : [termWith(term, having, rows)]
  })
}

/** In a large memory only terms that narrow; the two rarest always. */
function informative(terms: Term[], rows: number): Term[] {
  if (rows <= manyRows) return terms
  return [...terms]
    .sort((a, b) => a.rows - b.rows)
    .filter((term, index) => index < 2 || term.rows <= rows * commonShare)
}

/** The three rarest terms, never looking at more than a bounded number of rows. */
function rarest(shelves: readonly Shelf[], terms: readonly string[], rows: number): Term[] {
  return terms
    .slice(0, 12)
    .flatMap(term => {
      let having = 0
      for (const { tables, sql } of shelves) {
        const query = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${tables.fts} WHERE ${tables.fts} MATCH ? LIMIT ${hurriedRows})`
        having += (sql(query).get(quoted(term)) as { rows: number }).rows
      }
      return having === 0 || having >= hurriedRows ? [] : [termWith(term, having, rows)]
    })
    .sort((a, b) => a.rows - b.rows)
    .slice(0, 3)
}

const termWith = (term: string, having: number, rows: number): Term => ({
  term,
  rows: having,
  idf: Math.max(Math.log((rows - having + 0.5) / (having + 0.5)), 1e-6),
})

const quoted = (term: string): string => `"${term.replaceAll('"', '""')}"`

function candidatesOf(shelf: Shelf, terms: readonly Term[], limits: Limits): Found[] {
  const { mem, fts } = shelf.tables
  const match = terms.map(({ term }) => quoted(term)).join(' OR ')
  const most = limits.candidates ?? (limits.cheap ? 60 : 200)
  const only =
    limits.kinds === undefined
      ? match
      : `(${match}) ${limits.kinds === 'turns' ? 'NOT' : 'AND'} meta : ${factTerm}`
  return shelf
    .sql(
      `SELECT m.uid, m.kind, m.norm, m.near, m.meta, m.len, m.said_by, m.people, m.session, m.pos, m.at, m.event_from,
         m.valid_to, m.superseded_by, m.recorded_at, m.confirmed_at, m.pinned, m.asks, m.tells_time, m.tells_number
       FROM (SELECT rowid AS id FROM ${fts} WHERE ${fts} MATCH ? ORDER BY rank LIMIT ?) f
       JOIN ${mem} m ON m.id = f.id`,
    )
    .all(only, most) as Found[]
}

function score(row: Found, terms: readonly Term[], question: Question, averageLength: number) {
  const norm = ` ${row.norm} `
  const near = ` ${row.near} `
  const meta = ` ${row.meta} `
  let match = 0
  let covered = 0
  const damp = k1 * (1 - b + (b * row.len) / averageLength)
  for (const { term, idf } of terms) {
    const own = columnWeights.norm * count(norm, term) + columnWeights.meta * count(meta, term)
    const weight = own + columnWeights.near * count(near, term)
    if (weight === 0) continue
    covered += own > 0 ? 1 : besideCounts
    match += (idf * weight * (k1 + 1)) / (weight + damp)
  }
  let pairs = 0
  for (let index = 1; index < question.terms.length; index++) {
    if (norm.includes(` ${question.terms[index - 1]} ${question.terms[index]} `)) pairs++
  }
  return { match, coverage: covered / terms.length, pairs }
}

/** How often a term stands in a text of terms that has a space at either end. */
function count(text: string, term: string): number {
  const wanted = ` ${term} `
  let found = 0
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length - 1)) found++
  return found
}
