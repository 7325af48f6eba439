// Which rows have a term: read from the text index once a search, and never more of them than help.
import type { Shelf } from './files.ts'
import { factTerm } from './insert.ts'

/** Where in a row a term stands: anywhere, or in its own words and not only in those of its neighbours. */
export type Where = 'anywhere' | 'own'
export type Kinds = 'turns' | 'facts' | undefined

export interface Postings {
  /** How many rows of all shelves together have each of these terms, of whatever kind. */
  counts(terms: readonly string[]): ReadonlyMap<string, number>
  /** The newest rows of one shelf that have it, of the kinds asked for. */
  rows(shelf: Shelf, term: string, where: Where): readonly number[]
  /** Every row of one shelf, of the kinds asked for, that may have it; undefined where they were not all read. */
  having(shelf: Shelf, term: string): ReadonlySet<number> | undefined
}

/** Above this many readable rows counting is left to the index, and rows are found by their own words alone. */
export const manyRows = 100_000

/** `most`: how many rows of a term are looked at. */
export function openPostings(shelves: readonly Shelf[], all: number, most: number, kinds: Kinds): Postings {
  const read = new Map<string, readonly number[]>()
  /** How many rows of a shelf have a term. */
  const counted = new Map<string, number>()

  /** In no order when the `whole` list is wanted: looking from the newest on costs more. */
  function list(shelf: Shelf, match: string, whole = false): readonly number[] {
    const { fts } = shelf.tables
    const key = `${fts} ${match}`
    const known = read.get(key)
    if (known) return known
    const query = `SELECT rowid FROM ${fts} WHERE ${fts} MATCH ?`
    const rows = (
      whole
        ? shelf.sql(query).pluck().all(match)
        : shelf.sql(`${query} ORDER BY rowid DESC LIMIT ?`).pluck().all(match, most)
    ) as number[]
    read.set(key, rows)
    return rows
  }

  function countFound(shelf: Shelf, term: string): number {
    if (all <= manyRows) {
      const rows = list(shelf, quoted(term)).length
      if (rows < most) return rows
    }
    const row = shelf.sql(`SELECT doc FROM ${shelf.tables.voc} WHERE term = ?`).get(term)
    return (row as { doc: number } | undefined)?.doc ?? 0
  }

  return {
    counts(terms) {
      const sums = new Map<string, number>()
      const asked = [...new Set(terms)]
      const others = asked.filter(term => !plain.test(term))
      const plainOnes = JSON.stringify(asked.filter(term => plain.test(term)))
      for (const shelf of shelves) {
        // One question for all of them: most of what a look into the index costs is the asking.
        const query = `SELECT term, doc FROM ${shelf.tables.voc} WHERE term IN (SELECT value FROM json_each(?))`
        const counts = new Map(shelf.sql(query).raw().all(plainOnes) as [string, number][])
        for (const term of others) counts.set(term, countFound(shelf, term))
        for (const term of asked) {
          const rows = counts.get(term) ?? 0
          counted.set(`${shelf.tables.fts} ${term}`, rows)
          sums.set(term, (sums.get(term) ?? 0) + rows)
        }
      }
      return sums
    },
    rows(shelf, term, where) {
      const count = counted.get(`${shelf.tables.fts} ${term}`)
      if (count === 0) return []
      const column = where === 'own' ? '{norm meta} : ' : ''
      const few = count !== undefined && count < most && plain.test(term)
      return list(shelf, `${column}${quoted(term)}${only[kinds ?? 'all']}`, few)
    },
    having(shelf, term) {
      // Of others the index may have more or fewer rows than hold them letter by letter.
      if (!plain.test(term)) return undefined
      if (counted.get(`${shelf.tables.fts} ${term}`) === 0) return none
      const rows = read.get(`${shelf.tables.fts} ${quoted(term)}${only[kinds ?? 'all']}`)
      return rows && rows.length < most ? new Set(rows) : undefined
    },
  }
}

const none: ReadonlySet<number> = new Set()

/** The index has these as they are; another term it may fold or take apart. */
const plain = /^[a-z0-9]+$/

const only = { all: '', turns: ` NOT meta : ${factTerm}`, facts: ` AND meta : ${factTerm}` }

/** A term as the text index takes it literally. */
export const quoted = (term: string): string => `"${term.replaceAll('"', '""')}"`
