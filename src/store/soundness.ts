// Whether a database file is sound, without changing it.
import Database from 'better-sqlite3'
import { isStorageFault, messageOf } from '../errors.ts'

/** What is wrong with a database file, and what mends it; null if it is sound. `known` is the newest schema that this Coop knows. */
export function checkDatabase(path: string, known: number): string | null {
  try {
    using db = opened(path)
    const version = db.handle.pragma('user_version', { simple: true }) as number
    if (version > known)
      return `a newer Coop wrote it (schema ${version}, this one knows ${known}); install that Coop again`
    const rows = db.handle.pragma('quick_check(5)') as { quick_check: string }[]
    return rows.length === 1 && rows[0]!.quick_check === 'ok'
      ? null
      : `${rows.map(row => row.quick_check).join('; ')}; restore it from a backup`
  } catch (error) {
    const full = isStorageFault(error) ? 'make room or mount the disk for writing; if that was not it, ' : ''
    return `${messageOf(error)}; ${full}restore it from a backup`
  }
}

function opened(path: string): Disposable & { handle: Database.Database } {
  const handle = new Database(path, { readonly: true, fileMustExist: true })
  return { handle, [Symbol.dispose]: () => handle.close() }
}
