// One bit a dimension beside the vectors of a large shelf: a first look over all of them that costs a fraction.
import type { Shelf } from './files.ts'
import { readNote, writeNote } from './note.ts'

/** With fewer dimensions a sign says too little: recall would fall. */
export const fewestDimensions = 1_024
/** Rows of a shelf from which its vectors get bits. */
export const bitsFromRows = 25_000
/** How many the first look hands on to be compared in full. */
export const handedOn = 400

const slice = 500
const doneNote = (shelf: Shelf) => `bits:${shelf.ref.id}`

/** Whether every vector of a shelf has its bits. */
export const hasBits = (shelf: Shelf): boolean => readNote(shelf.db, doneNote(shelf)) === 'done'

/** Gives the next vectors of a shelf their bits; false when none is left. Call until then, with pauses. */
export function addBits(shelf: Shelf, dimensions: number): boolean {
  const { bits, vec, embedded } = shelf.tables
  const done = readNote(shelf.db, doneNote(shelf))
  if (done === 'done') return false
  return shelf.db.transaction(() => {
    if (done === undefined)
      shelf.db.exec(`CREATE VIRTUAL TABLE ${bits} USING vec0(id INTEGER PRIMARY KEY, b bit[${dimensions}])`)
    const rows = shelf
      .sql(
        `SELECT m.id, vec_quantize_binary(v.e) AS b FROM ${embedded} m JOIN ${vec} v ON v.id = m.id
         WHERE m.id > ? ORDER BY m.id LIMIT ${slice}`,
      )
      .all(Number(done ?? 0)) as { id: number; b: Buffer }[]
    for (const { id, b } of rows) insert(shelf, id, b)
    writeNote(shelf.db, doneNote(shelf), rows.length < slice ? 'done' : String(rows.at(-1)!.id))
    return rows.length === slice
  })()
}

/** The same for one vector that is stored later. */
export function addBitsOf(shelf: Shelf, id: number): void {
  if (!hasBits(shelf)) return
  const { vec } = shelf.tables
  const { b } = shelf.sql(`SELECT vec_quantize_binary(e) AS b FROM ${vec} WHERE id = ?`).get(BigInt(id)) as {
    b: Buffer
  }
  insert(shelf, id, b)
}

/** A vector that goes takes its bits along. */
export function removeBits(shelf: Shelf, id: number): void {
  if (readNote(shelf.db, doneNote(shelf)) !== undefined)
    shelf.sql(`DELETE FROM ${shelf.tables.bits} WHERE id = ?`).run(BigInt(id))
}

/** Another model has other vectors. */
export function dropBits(shelf: Shelf): void {
  shelf.db.exec(`DROP TABLE IF EXISTS ${shelf.tables.bits}`)
  shelf.db.prepare('DELETE FROM note WHERE name = ?').run(doneNote(shelf))
}

function insert(shelf: Shelf, id: number, b: Buffer): void {
  shelf.sql(`INSERT INTO ${shelf.tables.bits} (id, b) VALUES (?, vec_bit(?))`).run(BigInt(id), b)
}
