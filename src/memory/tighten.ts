// Merges the pieces that a text index is written in: a search looks into each of them.
import type { Shelf } from './files.ts'

/** One slice of at most about this many pages; false when there is nothing left to merge. Call until then. */
export function tighten(shelf: Shelf, pages: number): boolean {
  const { fts } = shelf.tables
  const written = () => shelf.sql('SELECT total_changes()').pluck().get() as number
  const before = written()
  shelf.sql(`INSERT INTO ${fts} (${fts}, rank) VALUES ('merge', ?)`).run(pages)
  // What had nothing to merge counts as one change: https://sqlite.org/fts5.html#the_merge_command
  return written() - before >= 2
}
