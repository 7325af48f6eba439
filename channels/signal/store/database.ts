// Opens signal.db: one client alone, readable by its owner only, and whole after a power cut.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { CoopError, isStorageFault, messageOf } from '../../../src/errors.ts'

export type Db = Database.Database

/** Beside the sources in a checkout, a folder further out in the published package. */
const migrations = ['../../../migrations/signal/', '../../../../migrations/signal/']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .find(path => existsSync(path))!

/**
 * Opens the database at `path`, made if there is none. Holds it alone until closed: two clients
 * on one ratchet would each use keys that the other used. A commit reaches the disk at once, or
 * `when asked` only with a flush of the log: what a power cut takes is then the end of it.
 */
export function openSignalDb(path: string, flush: 'each commit' | 'when asked' = 'each commit'): Db {
  let db: Db | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Made here, and not by SQLite, so that it is never readable by others, not even for a moment.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    db = new Database(path, { timeout: 0 })
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    db.pragma('foreign_keys = ON')
    migrate(db, path)
    if (flush === 'when asked') db.pragma('synchronous = NORMAL')
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof CoopError) throw cause
    throw opened(path, cause)
  }
}

function migrate(db: Db, path: string): void {
  const files = readdirSync(migrations)
    .filter(name => /^\d{3}-.*\.sql$/.test(name))
    .sort()
  // The exclusive transaction also takes the lock that is then kept.
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true }) as number
    if (version > files.length) {
      throw new CoopError(
        'database_newer',
        `${path} was written by a newer Coop (schema ${version}, this one knows ${files.length}); it was left untouched.`,
      )
    }
    for (const name of files.slice(version)) db.exec(readFileSync(join(migrations, name), 'utf8'))
    db.pragma(`user_version = ${files.length}`)
  }).exclusive()
}

function opened(path: string, cause: unknown): CoopError {
  const code = (cause as { code?: string }).code ?? ''
  if (code.startsWith('SQLITE_BUSY')) {
    return new CoopError(
      'gateway_running',
      `${path} is in use by another Coop; stop it first with \`coop stop\`.`,
      { cause },
    )
  }
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return new CoopError(
      'database_damaged',
      `${path} is not a sound database; restore it, or delete it and link again.`,
      { cause },
    )
  }
  if (isStorageFault(cause)) {
    return new CoopError('disk_full', `${path} cannot be written (${code}); free some space.`, { cause })
  }
  return new CoopError('file_unreadable', `${path} cannot be opened: ${messageOf(cause)}`, { cause })
}
