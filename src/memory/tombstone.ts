// Remembers that something was forgotten, as a keyed hash of its gist, so that it is not learnt again by itself.
import { createHmac, randomBytes } from 'node:crypto'
import type { Db } from '../store/database.ts'
import { gist } from './analyse.ts'
import type { Shelf } from './files.ts'
import { readNote, writeNote } from './note.ts'

/** The text itself is not kept. */
export function bury(shelf: Shelf, text: string, now: number): void {
  shelf
    .sql(`INSERT INTO ${shelf.tables.tombstone} VALUES (?, ?) ON CONFLICT DO NOTHING`)
    .run(mark(keyOf(shelf.db), text), now)
}

/** Whether this was forgotten here, or in a file whose rows this one took. */
export const isBuried = (shelf: Shelf, text: string): boolean =>
  marks(shelf, text).some(
    hash => shelf.sql(`SELECT 1 FROM ${shelf.tables.tombstone} WHERE hash = ?`).get(hash) !== undefined,
  )

/** Somebody asked for it again on purpose. */
export function unbury(shelf: Shelf, text: string): void {
  for (const hash of marks(shelf, text))
    shelf.sql(`DELETE FROM ${shelf.tables.tombstone} WHERE hash = ?`).run(hash)
}

/** What was forgotten in one file stays forgotten in another that takes its rows. */
export function takeTombstones(from: Shelf, into: Shelf): void {
  writeNote(into.db, `${keyNote}:${from.ref.owner ?? ''}`, keyOf(from.db).toString('hex'))
  const rows = from.sql(`SELECT hash, at FROM ${from.tables.tombstone}`).all() as {
    hash: Buffer
    at: number
  }[]
  for (const { hash, at } of rows)
    into.sql(`INSERT INTO ${into.tables.tombstone} VALUES (?, ?) ON CONFLICT DO NOTHING`).run(hash, at)
}

const keyNote = 'tombstone_key'

/** Under this file's key, and those of the files whose rows it took; none where nothing was forgotten. */
function marks(shelf: Shelf, text: string): Buffer[] {
  if (!shelf.sql(`SELECT 1 FROM ${shelf.tables.tombstone} LIMIT 1`).get()) return []
  const others = shelf.sql('SELECT value FROM note WHERE name GLOB ?').all(`${keyNote}:*`) as {
    value: string
  }[]
  const keys = [keyOf(shelf.db), ...others.map(({ value }) => Buffer.from(value, 'hex'))]
  return keys.map(key => mark(key, text))
}

const mark = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(gist(text)).digest()

function keyOf(db: Db): Buffer {
  const known = readNote(db, keyNote)
  if (known !== undefined) return Buffer.from(known, 'hex')
  const key = randomBytes(32)
  writeNote(db, keyNote, key.toString('hex'))
  return key
}
