// Small durable facts of one database file: cursors, keys, settings in force.
import type { Db } from '../store/database.ts'

export function readNote(db: Db, name: string): string | undefined {
  const row = db.prepare('SELECT value FROM note WHERE name = ?').get(name) as { value: string } | undefined
  return row?.value
}

export function writeNote(db: Db, name: string, value: string): void {
  db.prepare('INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(
    name,
    value,
  )
}
