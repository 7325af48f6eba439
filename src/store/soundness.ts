// Whether a database file is sound, without changing it.
import Database from 'better-sqlite3'
import { CoopError, isStorageFault, messageOf } from '../errors.ts'

/** What is wrong with a database file, and what mends it; null if it is sound. `known` is the newest schema that this Coop knows. */
export function databaseFault(path: string, known: number): string | null {
  try {
    const version = schemaOf(path)
    return version > known
      ? `a newer Coop wrote it (schema ${version}, this one knows ${known}); install that Coop again`
      : null
  } catch (error) {
    const full = isStorageFault(error) ? 'make room or mount the disk for writing; if that was not it, ' : ''
    return `${messageOf(error)}; ${full}restore it from a backup`
  }
}

/** The version of a database's schema. Throws `database_damaged` unless every page of it is sound. */
export function schemaOf(path: string): number {
  const damaged = (reason: string, cause?: unknown) =>
    new CoopError('database_damaged', `${path} is damaged: ${reason}`, { cause })
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true })
    const rows = db.pragma('quick_check(5)') as { quick_check: string }[]
    if (rows[0]?.quick_check !== 'ok') throw damaged(rows.map(row => row.quick_check).join('; '))
    return db.pragma('user_version', { simple: true }) as number
  } catch (cause) {
    throw cause instanceof CoopError || isStorageFault(cause)
      ? cause
      : damaged((cause as Error).message, cause)
  } finally {
    db?.close()
  }
}
