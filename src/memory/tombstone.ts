// Remembers that something was forgotten, as a keyed hash of its gist, so that it is not learnt again by itself.
import { createHmac, randomBytes } from 'node:crypto'
import type { Db } from '../store/database.ts'
import { gist } from './analyse.ts'
import type { Shelf } from './files.ts'
import { readNote, writeNote } from './note.ts'

export function bury(shelf: Shelf, text: string, now: number): void {
  shelf
    .sql(`INSERT INTO ${shelf.tables.tombstone} VALUES (?, ?) ON CONFLICT DO NOTHING`)
    .run(mark(shelf, text), now)
}

export const isBuried = (shelf: Shelf, text: string): boolean =>
  shelf.sql(`SELECT 1 FROM ${shelf.tables.tombstone} WHERE hash = ?`).get(mark(shelf, text)) !== undefined

/** Somebody asked for it again on purpose. */
export function unbury(shelf: Shelf, text: string): void {
  shelf.sql(`DELETE FROM ${shelf.tables.tombstone} WHERE hash = ?`).run(mark(shelf, text))
}

const mark = (shelf: Shelf, text: string): Buffer =>
  createHmac('sha256', keyOf(shelf.db)).update(gist(text)).digest()

function keyOf(db: Db): Buffer {
  const known = readNote(db, 'tombstone_key')
  if (known !== undefined) return Buffer.from(known, 'hex')
  const key = randomBytes(32)
  writeNote(db, 'tombstone_key', key.toString('hex'))
  return key
}
