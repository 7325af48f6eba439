// The cold tables: what retention put away, out of the index, still findable when asked for.
import { questionTerms } from './analyse.ts'
import type { Shelf } from './files.ts'
import { type Memo, memoOf, type Row } from './row.ts'
import { storeOf } from './shelves.ts'

/** Moves a row out of the index, within its shelf. Call inside a transaction. */
export function putAway(shelf: Shelf, row: Row, now: number): void {
  shelf
    .sql(`INSERT INTO ${shelf.tables.archive} VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
    .run(
      row.uid,
      ` ${row.norm} ${row.meta} `,
      JSON.stringify({ ...row, hash: row.hash.toString('hex') }),
      now,
    )
}

/** Archived rows with the most terms of the question. Reads the archive from end to end. */
export function archivedMatches(shelves: readonly Shelf[], text: string, limit: number): Memo[] {
  const terms = questionTerms(text).slice(0, 32)
  const hits: { memo: Memo; score: number }[] = []
  for (const shelf of shelves) {
    const all = shelf.sql(`SELECT terms, row FROM ${shelf.tables.archive} ORDER BY uid`)
    for (const { terms: has, row } of all.iterate() as IterableIterator<{ terms: string; row: string }>) {
      const score = terms.filter(term => has.includes(` ${term} `)).length
      if (score === 0) continue
      hits.push({ memo: memoOf(JSON.parse(row) as Row, storeOf(shelf.ref)), score })
    }
  }
  return hits
    .sort((a, b) => b.score - a.score || (a.memo.id < b.memo.id ? -1 : 1))
    .slice(0, limit)
    .map(({ memo }) => memo)
}
