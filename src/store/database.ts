// Opens one SQLite file: durable settings, migrations with a backup before, newer versions refused.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { CoopError } from '../errors.ts'
import { copyPath } from './copies.ts'

export type Db = Database.Database

export interface OpenOptions {
  /** The database file; made with its folder if there is none. */
  readonly path: string
  /** A folder of `NNN-name.sql`, applied in order; the count applied is kept in `user_version`. */
  readonly migrations: string
  /** When a commit reaches the disk: at once (the default), or when the owner of the file flushes its log. */
  readonly flush?: 'each commit' | 'when asked'
}

/** Opens `path` with WAL and secure_delete, migrated to the newest schema. */
export function openDatabase(options: OpenOptions): Db {
  const { path, migrations } = options
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const existed = existsSync(path)
  const files = readdirSync(migrations)
    .filter(name => /^\d{3}-.*\.sql$/.test(name))
    .sort()
  const db = open(path, files.length)
  try {
    migrate(db, path, migrations, files, existed)
    // NORMAL still flushes around each checkpoint, so that what is lost to a power cut is only ever the end of the log.
    if (options.flush === 'when asked') db.pragma('synchronous = NORMAL')
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/** Opens a database of at most schema `newest`; nothing is written to it before that is known. */
function open(path: string, newest: number): Db {
  let db: Db | undefined
  try {
    db = new Database(path, { timeout: 5_000 })
    const version = versionOf(db)
    if (version > newest) {
      throw new CoopError(
        'database_newer',
        `${path} was written by a newer Coop (schema ${version}, this one knows ${newest}); it was left untouched: install the newer Coop again, or restore a backup from before.`,
      )
    }
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    db.pragma('foreign_keys = ON')
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof CoopError) throw cause
    const code = (cause as { code?: string }).code ?? ''
    if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
      throw new CoopError('database_damaged', `${path} is not a sound database; restore it from a backup.`, {
        cause,
      })
    }
    throw new CoopError(
      'file_unreadable',
      `${path} cannot be opened (${code || (cause as Error).message}); check its folder and permissions.`,
      { cause },
    )
  }
}

const versionOf = (db: Db): number => db.pragma('user_version', { simple: true }) as number

function migrate(db: Db, path: string, folder: string, files: readonly string[], existed: boolean): void {
  const version = versionOf(db)
  if (version === files.length) return
  if (existed && version > 0) db.prepare('VACUUM INTO ?').run(copyPath(path, files.length, Date.now()))
  for (const [index, name] of files.entries()) {
    if (index < version) continue
    const sql = readFileSync(join(folder, name), 'utf8')
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    }).exclusive()
  }
}
