// Lexical search over the shelves one clearance reads: candidates from each, scored as if they were one collection.
import type { Shelf } from './files.ts'
import { fitOf } from './fit.ts'
import { personNamed, questionOf, withAliases } from './question.ts'
import { type Candidate, type Ranked, rank } from './rank.ts'
import { expression, type Found, shortlist } from './shortlist.ts'
import { narrowing, rarest, weigh } from './terms.ts'

export interface Limits {
  /** The moment for which it is asked: what had ended by then comes later. */
  readonly now: number
  /** Candidates of each shelf. */
  readonly candidates?: number
  /** The least work that finds anything: rare terms alone. */
  readonly cheap?: boolean
  readonly kinds?: 'turns' | 'facts'
}

/** The rows that answer `text`, best first. Statistics come from these shelves and no others. */
export function retrieve(shelves: readonly Shelf[], text: string, limits: Limits): Ranked[] {
  const question = withAliases(questionOf(text), shelves)
  if (question.terms.length + question.dateTerms.length === 0) return []
  const size = sizeOf(shelves)
  if (size.rows === 0) return []
  const wanted = [...question.terms, ...question.dateTerms]
  const terms = limits.cheap ? rarest(shelves, wanted, size.rows) : weigh(shelves, wanted, size.rows)
  const wordsFor = narrowing(terms, size.rows)
  if (wordsFor.length === 0) return []
  const match = expression(wordsFor, limits.kinds, size.rows)
  const most = limits.candidates ?? (limits.cheap ? 60 : 200)
  const found = shortlist(shelves, match, most, !limits.cheap && limits.kinds !== 'facts').flatMap(
    ({ shelf, rows }) => rows.map(row => candidate(shelf, row)),
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
      ...fitOf(row, terms, question, size.terms / size.rows),
      saidBy: row.said_by,
      people: row.people === '[]' ? [] : (JSON.parse(row.people) as string[]),
      fact: row.kind !== 'turn',
      asks: row.asks,
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
