// A damaged text index is built anew from its rows; the rows are the truth.
import type { Db } from '../store/database.ts'
import { commonShelves, personalShelves, tables } from './shelves.ts'

/** Above this many rows the whole index is read only once something fails: that takes long. */
const checkedRows = 1_000

/** Checks the text indexes of a file, in full if `thorough`; says what it mended. */
export function mendIndexes(db: Db, owner: string | null, thorough = false): string[] {
  const shelves = owner === null ? commonShelves : personalShelves
  return shelves.flatMap(id => {
    const { size, fts, mem } = tables[id]
    try {
      const { rows } = db.prepare(`SELECT rows FROM ${size}`).get() as { rows: number }
      db.prepare(`SELECT rowid FROM ${fts} WHERE ${fts} MATCH '"x"' LIMIT 1`).get()
      if (thorough || rows <= checkedRows)
        db.exec(`INSERT INTO ${fts} (${fts}, rank) VALUES ('integrity-check', 1)`)
      return []
    } catch (error) {
      if (!isDamage(error)) throw error
      db.transaction(() => {
        db.exec(`INSERT INTO ${fts} (${fts}) VALUES ('rebuild')`)
        db.exec(
          `UPDATE ${size} SET rows = (SELECT count(*) FROM ${mem}), terms = (SELECT coalesce(sum(len), 0) FROM ${mem})`,
        )
      })()
      return [
        `The text index of the ${owner === null ? id : 'personal'} memory was damaged and has been built anew.`,
      ]
    }
  })
}

/** Does `work` once more if it met a damaged index of these files, mended meanwhile. It has to be whole or not at all. */
export function mended<T>(
  owners: Iterable<string | null>,
  mend: (owner: string | null) => void,
  work: () => T,
): T {
  try {
    return work()
  } catch (error) {
    if (!isDamage(error)) throw error
    for (const owner of new Set(owners)) mend(owner)
    return work()
  }
}

/**
 * Whether an error says that an index may not fit its rows. A constraint that names no column is the text index
 * running into its own pieces.
 */
export const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  (/^SQLITE_CORRUPT/.test(String((error as { code?: unknown }).code)) ||
    error.message === 'constraint failed')
