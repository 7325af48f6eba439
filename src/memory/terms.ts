// The terms of a question as these shelves weigh them, each with what may stand for it.
import { akinTerms } from './akin.ts'
import type { Shelf } from './files.ts'

export interface Weighed {
  readonly term: string
  /** The term as it stands in a column of terms. */
  readonly spaced: string
  /** Readable rows that have it. */
  readonly rows: number
  readonly idf: number
}

export interface Term extends Weighed {
  /** What may stand for it, at less; never worth more than itself. */
  readonly akin: readonly Weighed[]
}

/** Above this many readable rows, terms that nearly every row has are left out. */
export const manyRows = 100_000
const commonShare = 0.02
/** In a hurry a term's rows are counted up to here; what has more is too common to help. */
const hurriedRows = 200
const akin = akinTerms()

/** The terms that occur, or have a stand-in that does, with their weight over all of these shelves together. */
export function weigh(shelves: readonly Shelf[], terms: readonly string[], rows: number): Term[] {
  return terms.flatMap(term => {
    const own = weighed(term, rowsWith(shelves, term), rows)
    const others = (akin.get(term) ?? []).flatMap(other => {
      const having = terms.includes(other) ? 0 : rowsWith(shelves, other)
      if (having === 0) return []
      const one = weighed(other, having, rows)
      return [{ ...one, idf: Math.min(one.idf, own.idf) }]
    })
    return own.rows === 0 && others.length === 0 ? [] : [{ ...own, akin: others }]
  })
}

/** The terms to look for: in a large memory only those that narrow; the two rarest always. */
export function narrowing(terms: readonly Term[], rows: number): string[] {
  const words = terms.flatMap(term => [...(term.rows > 0 ? [term] : []), ...term.akin])
  if (rows <= manyRows) return words.map(({ term }) => term)
  const own = terms.filter(term => term.rows > 0).sort((a, b) => a.rows - b.rows)
  return own.filter((term, index) => index < 2 || term.rows <= rows * commonShare).map(({ term }) => term)
}

/** Rare terms among the longest, never looking at more than a bounded number of rows: it runs where others wait. */
export function rarest(shelves: readonly Shelf[], terms: readonly string[], rows: number): Term[] {
  return [...terms]
    .sort((a, b) => b.length - a.length)
    .slice(0, 3)
    .flatMap(term => {
      let having = 0
      for (const { tables, sql } of shelves) {
        const query = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${tables.fts} WHERE ${tables.fts} MATCH ? LIMIT ${hurriedRows})`
        having += (sql(query).get(quoted(term)) as { rows: number }).rows
      }
      return having === 0 || having >= hurriedRows ? [] : [{ ...weighed(term, having, rows), akin: [] }]
    })
}

/** A term as the text index takes it literally. */
export const quoted = (term: string): string => `"${term.replaceAll('"', '""')}"`

function rowsWith(shelves: readonly Shelf[], term: string): number {
  let having = 0
  for (const shelf of shelves) {
    const row = shelf.sql(`SELECT doc FROM ${shelf.tables.voc} WHERE term = ?`).get(term) as
      | { doc: number }
      | undefined
    having += row?.doc ?? 0
  }
  return having
}

const weighed = (term: string, having: number, rows: number): Weighed => ({
  term,
  spaced: ` ${term} `,
  rows: having,
  idf: Math.max(Math.log((rows - having + 0.5) / (having + 0.5)), 1e-6),
})
