// Stores one analysed row, its words in the text index and in the shelf's sizes with it.
import type { Shelf } from './files.ts'
import type { Row } from './row.ts'
import { type ShelfId, tables } from './shelves.ts'

export type AnalysedRow = Omit<Row, 'id'>

/**
 * Call inside a transaction: the index is written out once at its end. In a trigger, or before a statement that
 * may touch several rows, it would be at every row, which costs twice as much. Changes and deletions do follow by
 * trigger.
 */
export function addRow(shelf: Shelf, row: AnalysedRow): void {
  const { intoRows, intoIndex, intoSize } = statements[shelf.ref.id]
  const { lastInsertRowid: id } = shelf.sql(intoRows).run(...columns.map(column => row[column]))
  shelf.sql(intoIndex).run(id, row.norm, row.near, row.meta)
  shelf.sql(intoSize).run(row.len)
}

const columns: readonly (keyof AnalysedRow)[] = [
  ...(['uid', 'key', 'kind', 'title', 'body', 'norm', 'near', 'meta', 'len', 'said_by', 'author'] as const),
  ...(['people', 'session', 'seq', 'pos', 'at', 'event_from', 'event_to', 'event_precision'] as const),
  ...(['valid_from', 'valid_to', 'superseded_by', 'recorded_at', 'confirmed_at', 'confirmations'] as const),
  ...(['used_at', 'pinned', 'origin', 'origin_trust', 'hash', 'ref', 'entry', 'asks'] as const),
  ...(['tells_time', 'tells_number'] as const),
]

/** Made once: a text put together anew for every row would cost as much as the row. */
const statements = Object.fromEntries(
  Object.entries(tables).map(([id, { mem, fts, size }]) => [
    id,
    {
      intoRows: `INSERT INTO ${mem} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      intoIndex: `INSERT INTO ${fts} (rowid, norm, near, meta) VALUES (?, ?, ?, ?)`,
      intoSize: `UPDATE ${size} SET rows = rows + 1, terms = terms + ? WHERE one = 1`,
    },
  ]),
) as Record<ShelfId, { intoRows: string; intoIndex: string; intoSize: string }>
