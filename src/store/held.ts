// A copy of a database that another process holds for itself alone: as a power cut would have left it at one moment.
import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { CoopError, isStorageFault } from '../errors.ts'

const tries = 40
const restMs = 50

/** Whether another process lets nobody else read the database at `path`. */
export function isHeld(path: string): boolean {
  const db = new Database(path, { timeout: 0 })
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (cause) {
    if (!(cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw cause
    return true
  } finally {
    db.close()
  }
}

/**
 * Copies the file and its write-ahead log as they are. The file itself changes only when the log is written into it, so
 * a copy between two looks that agree holds every commit up to one moment. Throws `file_unreadable` if there is no rest.
 */
export async function copyHeld(from: string, to: string): Promise<void> {
  for (let left = tries; left > 0; left -= 1) {
    const before = stateOf(from)
    copyFileSync(from, to)
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`)
    if (before === stateOf(from) && isWhole(to)) return
    await sleep(restMs)
  }
  throw new CoopError('file_unreadable', `${from} changes too fast to be copied; stop Coop first.`)
}

/** Changes whenever the log begins anew or the file is written. */
function stateOf(path: string): string {
  const { mtimeNs, size } = statSync(path, { bigint: true })
  return `${mtimeNs} ${size} ${logHeader(`${path}-wal`)}`
}

function logHeader(path: string): string {
  if (!existsSync(path)) return ''
  const header = Buffer.alloc(32)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  return header.toString('hex')
}

/** Writes the log into the copy, and looks at every page. */
function isWhole(path: string): boolean {
  let db: Database.Database | undefined
  try {
    db = new Database(path)
    db.pragma('journal_mode = DELETE')
    return db.pragma('quick_check(1)', { simple: true }) === 'ok'
  } catch (cause) {
    if (isStorageFault(cause)) throw cause
    return false
  } finally {
    db?.close()
  }
}
