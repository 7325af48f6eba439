// One gateway a home: an operating-system lock that dies with its holder.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { CoopError } from '../errors.ts'

/** Takes the lock at `path` until disposed or the process ends. Throws `gateway_running` if it is held. */
export function takeLock(path: string): Disposable {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const db = new Database(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    if ((cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) {
      throw new CoopError(
        'gateway_running',
        'A gateway is already running on this home; use `coop attach`, or `coop stop` first.',
        { cause },
      )
    }
    throw cause
  }
  return { [Symbol.dispose]: () => db.close() }
}
