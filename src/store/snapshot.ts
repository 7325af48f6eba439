// Copies of databases that are in use: all from one moment, without holding up who writes.
import { closeSync, openSync, readSync } from 'node:fs'
import Database from 'better-sqlite3'
import { CoopError } from '../errors.ts'

/**
 * Copies each database of `from` to the path beside it. For the instant in which the readers begin, every writer
 * waits, so that no copy knows of something that another has not heard of yet.
 */
export async function snapshot(
  pairs: readonly { readonly from: string; readonly to: string }[],
): Promise<void> {
  const readers = pairs.map(({ from }) => new Database(from, { timeout: lockMs }))
  try {
    const gates = pairs.map(({ from }) => new Database(from, { timeout: lockMs }))
    try {
      for (const gate of gates) gate.exec('BEGIN IMMEDIATE')
      for (const reader of readers) {
        reader.exec('BEGIN')
        reader.pragma('schema_version')
        reader.prepare('SELECT count(*) FROM sqlite_schema').get()
      }
    } catch (cause) {
      throw new CoopError(
        'file_unreadable',
        `The databases cannot be read (${(cause as Error).message}); their folder has to be writable for SQLite’s own files.`,
        { cause },
      )
    } finally {
      for (const gate of gates) gate.close()
    }
    for (const [index, { to }] of pairs.entries()) await readers[index]!.backup(to)
  } finally {
    for (const reader of readers) reader.close()
  }
}

/** Whether a file begins as an SQLite database does. */
export function isDatabase(path: string): boolean {
  const start = Buffer.alloc(magic.length)
  const file = openSync(path, 'r')
  try {
    readSync(file, start, 0, start.length, 0)
  } finally {
    closeSync(file)
  }
  return start.equals(magic)
}

const lockMs = 10_000
const magic = Buffer.from('SQLite format 3\0')
