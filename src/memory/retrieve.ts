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
const manyRows = 100_000
const commonShare = 0.02
const columnWeights = { norm: 1, near: 0.2, meta: 0.6 }
/** How much a term counts as covered that only the turns beside a row have. */
const besideCounts = 0.5
/** In a hurry a term's rows are counted up to here; what has more is too common to help. */
const hurriedRows = 200
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
  const terms = limits.cheap ? rarest(shelves, wanted, size.rows) : weigh(shelves, wanted, size.rows)
  const narrowing = informative(terms, size.rows)
  if (narrowing.length === 0) return []
  const match = expression(narrowing, limits, size.rows)
  const found = shortlist(shelves, match, limits).flatMap(({ shelf, ids }) =>
    rowsOf(shelf, ids).map(row => candidate(shelf, row)),
  )
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
  /** The term as it stands in a column of terms. */
  readonly spaced: string
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

/** The terms to look for: in a large memory only those that narrow; the two rarest always. */
function informative(terms: readonly Term[], rows: number): readonly Term[] {
  if (rows <= manyRows) return terms
  return [...terms]
    .sort((a, b) => a.rows - b.rows)
    .filter((term, index) => index < 2 || term.rows <= rows * commonShare)
}

/** Rare terms among the longest, never looking at more than a bounded number of rows: it runs where others wait. */
function rarest(shelves: readonly Shelf[], terms: readonly string[], rows: number): Term[] {
  return [...terms]
    .sort((a, b) => b.length - a.length)
    .slice(0, 3)
    .flatMap(term => {
      let having = 0
      for (const { tables, sql } of shelves) {
        const query = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${tables.fts} WHERE ${tables.fts} MATCH ? LIMIT ${hurriedRows})`
        having += (sql(query).get(quoted(term)) as { rows: number }).rows
      }
      return having === 0 || having >= hurriedRows ? [] : [termWith(term, having, rows)]
    })
}

const termWith = (term: string, having: number, rows: number): Term => ({
  term,
  spaced: ` ${term} `,
  rows: having,
  idf: Math.max(Math.log((rows - having + 0.5) / (having + 0.5)), 1e-6),
})

const quoted = (term: string): string => `"${term.replaceAll('"', '""')}"`

/** In a large memory a row has to have a term itself: there what only its neighbours have never comes first. */
function expression(terms: readonly Term[], limits: Limits, rows: number): string {
  const any = terms.map(({ term }) => quoted(term)).join(' OR ')
  const match = rows > manyRows ? `{norm meta} : (${any})` : `(${any})`
  return limits.kinds === undefined
    ? match
    : `${match} ${limits.kinds === 'turns' ? 'NOT' : 'AND'} meta : ${factTerm}`
}

interface Shortlist {
  readonly shelf: Shelf
  readonly ids: readonly number[]
}

/** The most promising rows of each shelf; of several shelves together not many more than of one. */
function shortlist(shelves: readonly Shelf[], match: string, limits: Limits): Shortlist[] {
  const most = limits.candidates ?? (limits.cheap ? 60 : 200)
  const lists = shelves.map(shelf => ({
    shelf,
    hits: shelf
      .sql(
        `SELECT rowid AS id, rank FROM ${shelf.tables.fts} WHERE ${shelf.tables.fts} MATCH ? ORDER BY rank LIMIT ?`,
      )
      .all(match, most) as { id: number; rank: number }[],
  }))
  const ranks = lists.flatMap(({ hits }) => hits.map(hit => hit.rank)).sort((x, y) => x - y)
  const worst = ranks[Math.round(most * 1.25)] ?? 0
  const fewest = Math.ceil(most / 4)
  return lists.map(({ shelf, hits }) => ({
    shelf,
    ids: hits.filter((hit, index) => index < fewest || hit.rank <= worst).map(hit => hit.id),
  }))
}

function rowsOf(shelf: Shelf, ids: readonly number[]): Found[] {
  return shelf
    .sql(
      `SELECT m.uid, m.kind, m.norm, m.near, m.meta, m.len, m.said_by, m.people, m.session, m.pos, m.at, m.event_from,
         m.valid_to, m.superseded_by, m.recorded_at, m.confirmed_at, m.pinned, m.asks, m.tells_time, m.tells_number
       FROM json_each(?) ids JOIN ${shelf.tables.mem} m ON m.id = ids.value`,
    )
    .all(JSON.stringify(ids)) as Found[]
}

function score(row: Found, terms: readonly Term[], question: Question, averageLength: number) {
  const endOfNorm = row.norm.length + 1
  const endOfNear = endOfNorm + row.near.length + 2
  const text = ` ${row.norm}  ${row.near}  ${row.meta} `
  let match = 0
  let covered = 0
  const damp = k1 * (1 - b + (b * row.len) / averageLength)
  for (const { spaced, idf } of terms) {
    let own = 0
    let near = 0
    for (let at = text.indexOf(spaced); at >= 0; at = text.indexOf(spaced, at + spaced.length - 1)) {
      if (at < endOfNorm) own += columnWeights.norm
      else if (at < endOfNear) near += columnWeights.near
      else own += columnWeights.meta
    }
    if (own + near === 0) continue
    covered += own > 0 ? 1 : besideCounts
    match += (idf * (own + near) * (k1 + 1)) / (own + near + damp)
  }
  let pairs = 0
  for (let index = 1; index < question.terms.length; index++) {
    const at = text.indexOf(` ${question.terms[index - 1]} ${question.terms[index]} `)
    if (at >= 0 && at < endOfNorm) pairs++
  }
  return { match, coverage: covered / terms.length, pairs }
}
