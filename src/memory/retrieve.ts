// Lexical search over the shelves one clearance reads: candidates from each, scored as if they were one collection.
import { termOf, wordsOf } from './analyse.ts'
import type { Shelf } from './files.ts'
import { fitOf, pairsOf } from './fit.ts'
import { type Kinds, manyRows, openPostings } from './postings.ts'
import { personNamed, questionOf, withAliases } from './question.ts'
import { type Candidate, type Ranked, rank } from './rank.ts'
import { besideOf, type Found, shortlist } from './shortlist.ts'
import { tellerIn } from './teller.ts'
import { narrowing, rarest, type Term, weigh, withRows } from './terms.ts'

export interface Limits {
  /** The moment for which it is asked: what had ended by then comes later. */
  readonly now: number
  /** Candidates of all shelves together. */
  readonly candidates?: number
  /** The least work that finds anything: rare terms alone. */
  readonly cheap?: boolean
  readonly kinds?: Exclude<Kinds, undefined>
}

/** How many rows the words that are looked for may have: at least this many, and this share of a large memory. */
const sought = { rows: 2_000, share: 0.02 }

/** How many of the best hits of a shelf bring the turns beside them along. */
const companyOf = 12

/** The rows that answer `text`, best first. Statistics come from these shelves and no others. */
export function retrieve(shelves: readonly Shelf[], text: string, limits: Limits): Ranked[] {
  const question = withAliases(questionOf(text), shelves)
  if (question.terms.length + question.dateTerms.length === 0) return []
  const size = sizeOf(shelves)
  if (size.rows === 0) return []
  const wanted = [...question.terms, ...question.dateTerms]
  const mostRows = Math.max(sought.rows, Math.round(size.rows * sought.share))
  const postings = openPostings(shelves, size.rows, mostRows, limits.kinds)
  const terms = limits.cheap ? rarest(shelves, wanted, size.rows) : weigh(postings, wanted, size.rows)
  const person = personNamed(question, shelves)
  const named = person === null ? [] : wordsOf(person).map(termOf)
  const hits = shortlist(shelves, postings, {
    terms: narrowing(terms, mostRows),
    most: limits.candidates ?? (limits.cheap ? 60 : 350),
    byNeighbours: size.rows <= manyRows && limits.kinds !== 'facts',
  })
  const neighbours = pairsOf(question.terms, terms)
  const found = hits.flatMap(({ shelf, rows }) => {
    const placed = withRows(postings, shelf, terms)
    const beside =
      limits.cheap || limits.kinds === 'facts' ? [] : besideOf(shelf, rows.slice(0, companyOf), rows)
    return [...rows, ...beside].map(row => candidate(shelf, row, placed))
  })
  return rank(found, {
    person,
    dates: question.dates,
    wantsTime: question.wantsTime,
    wantsNumber: question.wantsNumber,
  })

  function speaker({ said_by, meta }: Found): string | null {
    const teller = tellerIn(meta)
    if (teller === null) return said_by
    return named.length > 0 && named.every(term => teller.includes(term)) ? person : teller.join(' ')
  }

  function candidate(shelf: Shelf, row: Found, placed: readonly Term[]): Candidate {
    return {
      uid: row.uid,
      session: row.session === null ? null : `${shelf.ref.owner ?? ''}/${shelf.ref.id}/${row.session}`,
      pos: row.pos,
      ...fitOf(row, placed, neighbours, size.terms / size.rows),
      saidBy: speaker(row),
      people: row.people === '[]' ? [] : (JSON.parse(row.people) as string[]),
      fact: row.kind !== 'turn',
      asks: row.asks,
      says: row.norm,
      tellsTime: row.tells_time === 1,
      tellsNumber: row.tells_number === 1,
      at: row.at,
      eventFrom: row.event_from,
      ended: row.valid_to !== null && row.valid_to <= limits.now,
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
