// The memory database files: memory.db kept open, personal ones opened on demand and closed when idle.
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Statement } from 'better-sqlite3'
import { CoopError } from '../errors.ts'
import { type Db, openDatabase } from '../store/database.ts'
import { type ShelfRef, type Tables, tables } from './shelves.ts'

/** One shelf, ready for queries. Valid until the next wait: its file may be closed after. */
export interface Shelf {
  readonly ref: ShelfRef
  readonly tables: Tables
  readonly db: Db
  /** A prepared statement, kept by its text. */
  sql(text: string): Statement<unknown[]>
}

export interface Files extends Disposable {
  /** The shelf, its file made if there is none. */
  shelf(ref: ShelfRef): Shelf
  /** The shelf, or undefined when nobody has written to its file yet. */
  existing(ref: ShelfRef): Shelf | undefined
  /** Closes personal files that were not used since `before`. */
  closeIdle(before: number): void
  /** Deletes a personal file whose rows are somewhere else now. */
  remove(owner: string): void
  /** The database of a file: memory.db for null. */
  database(owner: string | null): Db
  /** Paths of every memory database file with an open or existing main file. */
  pathOf(owner: string | null): string
}

export interface FilesOptions {
  /** Where memory.db is; personal files are in `personal/` beside it. */
  readonly path: string
  /** The folder that holds `memory/` and `personal/` migrations. */
  readonly migrations: string
  readonly now: () => number
  /** Called with each file when it is opened. */
  readonly onOpen?: (db: Db, owner: string | null) => void
}

interface Opened {
  readonly db: Db
  readonly statements: Map<string, Statement<unknown[]>>
  usedAt: number
}

/** Opening a file costs milliseconds, an open one little memory: a household’s worth stays open. */
const maxOpen = 64

export function openFiles(options: FilesOptions): Files {
  const open = new Map<string | null, Opened>()

  const pathOf = (owner: string | null): string =>
    owner === null ? options.path : join(dirname(options.path), 'personal', `${fileName(owner)}.db`)

  function opened(owner: string | null): Opened {
    const now = options.now()
    const found = open.get(owner)
    if (found) {
      found.usedAt = now
      open.delete(owner)
      open.set(owner, found)
      return found
    }
    const folder = join(options.migrations, owner === null ? 'memory' : 'personal')
    const db = openDatabase({ path: pathOf(owner), migrations: folder })
    options.onOpen?.(db, owner)
    const fresh = { db, statements: new Map<string, Statement<unknown[]>>(), usedAt: now }
    open.set(owner, fresh)
    for (const other of open.keys()) {
      if (open.size <= maxOpen) break
      if (other !== null && other !== owner) close(other)
    }
    return fresh
  }

  function close(owner: string | null): void {
    open.get(owner)?.db.close()
    open.delete(owner)
  }

  function shelf(ref: ShelfRef): Shelf {
    const { db, statements } = opened(ref.owner)
    return {
      ref,
      tables: tables[ref.id],
      db,
      sql(text) {
        const known = statements.get(text)
        if (known) return known
        const statement = db.prepare<unknown[]>(text)
        statements.set(text, statement)
        return statement
      },
    }
  }

  return {
    shelf,
    existing: ref => (open.has(ref.owner) || existsSync(pathOf(ref.owner)) ? shelf(ref) : undefined),
    closeIdle(before) {
      for (const [owner, { usedAt }] of open) if (owner !== null && usedAt < before) close(owner)
    },
    remove(owner) {
      close(owner)
      for (const end of ['', '-wal', '-shm']) rmSync(`${pathOf(owner)}${end}`, { force: true })
    },
    database: owner => opened(owner).db,
    pathOf,
    [Symbol.dispose]() {
      for (const owner of [...open.keys()]) close(owner)
    },
  }
}

function fileName(owner: string): string {
  if (!/^[a-z0-9_-]{1,60}$/.test(owner)) throw new CoopError('input_invalid', `"${owner}" is no person id.`)
  return owner
}
