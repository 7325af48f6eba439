// The vector leg of a search: the rows nearest to a vector, from each shelf's own table.
import { load } from 'sqlite-vec'
import type { Db } from '../store/database.ts'
import { handedOn, hasBits } from './bits.ts'
import type { Shelf } from './files.ts'
import type { Ranked } from './rank.ts'
import type { ShelfId } from './shelves.ts'

/** The `most` rows nearest to `vector` over all of these shelves, nearest first. */
export function nearestRows(shelves: readonly Shelf[], vector: Float32Array, most: number): Ranked[] {
  return shelves
    .flatMap(shelf => {
      const { tables, db, sql } = shelf
      loadVectors(db)
      const bytes = bytesOf(vector)
      if (hasBits(shelf)) {
        const ids = sql(`SELECT id FROM ${tables.bits} WHERE b MATCH vec_quantize_binary(?) AND k = ?`)
          .all(bytes, Math.max(handedOn, most))
          .map(row => (row as { id: number }).id)
        const query = `SELECT m.uid, vec_distance_cosine(v.e, ?) AS distance FROM json_each(?) ids
          JOIN ${tables.vec} v ON v.id = ids.value JOIN ${tables.mem} m ON m.id = ids.value`
        return sql(query).all(bytes, JSON.stringify(ids)) as { uid: string; distance: number }[]
      }
      const query = `SELECT m.uid, v.distance FROM (SELECT id, distance FROM ${tables.vec} WHERE e MATCH ? AND k = ?) v
        JOIN ${tables.mem} m ON m.id = v.id`
      return sql(query).all(bytes, most) as { uid: string; distance: number }[]
    })
    .sort((a, b) => a.distance - b.distance || (a.uid < b.uid ? -1 : 1))
    .slice(0, most)
    .map(({ uid, distance }) => ({ uid, score: 1 - distance, coverage: 0 }))
}

/** A vector as vec0 takes it. */
export const bytesOf = (vector: Float32Array): Buffer =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)

/** The note of the last row of a shelf that has been embedded. */
export const embeddedTo = (id: ShelfId): string => `embedded:${id}`

/** Makes vec0 known to a connection. */
export function loadVectors(db: Db): void {
  if (!db.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'vec0'").get()) load(db)
}

/** Makes vec0 known if this file has vector tables: they need it even to be deleted from. */
export function loadVectorsIfUsed(db: Db): void {
  if (db.prepare("SELECT 1 FROM note WHERE name LIKE 'vectors:%' LIMIT 1").get()) loadVectors(db)
}
