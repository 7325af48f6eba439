// The terms of a question as these shelves weigh them, each with what may stand for it.
import { akinTerms } from './akin.ts'
import type { Shelf } from './files.ts'
import { type Postings, quoted } from './postings.ts'
import { type Sought, soughtAs } from './sought.ts'

export interface Weighed {
  readonly term: string
  /** How it is looked for in a column of terms. */
  readonly sought: Sought
  /** Readable rows that have it. */
  readonly rows: number
  readonly idf: number
  /** The only rows of one shelf that may have it, where they are known. */
  readonly among?: ReadonlySet<number> | undefined
}

export interface Term extends Weighed {
  /** What may stand for it, at less; never worth more than itself. */
  readonly akin: readonly Weighed[]
}

/** In a hurry a term's rows are counted up to here; what has more is too common to help. */
const hurriedRows = 200
let akin: ReturnType<typeof akinTerms> | undefined

/** The terms that occur, or have a stand-in that does, with their weight over all of these shelves together. */
export function weigh(postings: Postings, terms: readonly string[], rows: number): Term[] {
  akin ??= akinTerms()
  const standIns = akin
  const counts = postings.counts(terms.flatMap(term => [term, ...(standIns.get(term) ?? [])]))
  return terms.flatMap(term => {
    const own = weighed(term, counts.get(term) ?? 0, rows)
    const others = (standIns.get(term) ?? []).flatMap(other => {
      const having = terms.includes(other) ? 0 : (counts.get(other) ?? 0)
      if (having === 0) return []
      const one = weighed(other, having, rows)
      return [{ ...one, idf: Math.min(one.idf, own.idf) }]
    })
    return own.rows === 0 && others.length === 0 ? [] : [{ ...own, akin: others }]
  })
}

/**
 * The terms to look for: the rarest, as long as they have at most `most` rows together. What is more common, the
 * name of who says half of everything first of all, finds nothing that matters by itself; it orders what others find.
 */
export function narrowing(terms: readonly Term[], most: number): Weighed[] {
  const rarestFirst = (words: readonly Weighed[]) => words.toSorted((a, b) => a.rows - b.rows)
  const own = rarestFirst(terms.filter(term => term.rows > 0))
  const akin = rarestFirst(terms.flatMap(term => term.akin))
  const found: Weighed[] = []
  let sum = 0
  for (const word of [...own, ...akin]) {
    if (sum + word.rows > most && found.length > 0) continue
    sum += word.rows
    found.push(word)
  }
  return found
}

/** The terms with the rows of one shelf that may have them, so that others need not be searched for them. */
export function withRows(postings: Postings, shelf: Shelf, terms: readonly Term[]): Term[] {
  return terms.map(term => ({
    ...term,
    among: postings.having(shelf, term.term),
    akin: term.akin.map(other => ({ ...other, among: postings.having(shelf, other.term) })),
  }))
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

const weighed = (term: string, having: number, rows: number): Weighed => ({
  term,
  sought: soughtAs(term),
  rows: having,
  idf: Math.max(Math.log((rows - having + 0.5) / (having + 0.5)), 1e-6),
})
