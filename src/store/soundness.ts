// Whether a database file is sound, without changing it.
import Database from 'better-sqlite3'

/** Null if it is; else what SQLite found. */
export function checkDatabase(path: string): string | null {
  try {
    using db = opened(path)
    const rows = db.handle.pragma('quick_check(5)') as { quick_check: string }[]
    return rows.length === 1 && rows[0]!.quick_check === 'ok'
      ? null
      : rows.map(row => row.quick_check).join('; ')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function opened(path: string): Disposable & { handle: Database.Database } {
  const handle = new Database(path, { readonly: true, fileMustExist: true })
  return { handle, [Symbol.dispose]: () => handle.close() }
}
