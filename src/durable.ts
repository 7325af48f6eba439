// Waits until what was committed is on the disk: one flush for all who ask meanwhile, beside the event loop.
import { closeSync, fdatasync, openSync, statSync } from 'node:fs'
import { CoopError } from './errors.ts'

/** A database in WAL mode whose commits are not flushed one by one. */
interface Logged {
  readonly name: string
  pragma(source: string): unknown
}

export interface Durable extends Disposable {
  /** Resolves when every commit made before the call would survive a power cut; rejects when the disk refuses. */
  flushed(): Promise<void>
  /** What is wrong with the place of the database, and what to do; null where it lies as it was opened. */
  misplaced(): string | null
}

/**
 * Flushes the write-ahead log of `db`, whose commits are whole and in order but not flushed one by one.
 * SQLite keeps that file as long as the database is open, and lays no lock on it. To be disposed before `db`,
 * whose closing writes and flushes everything itself.
 */
export function openDurable(db: Logged): Durable {
  const path = `${db.name}-wal`
  const opened = identityOf(db.name)
  let file: number | undefined
  let closed = false
  let refused = false
  let flushing: Promise<void> | undefined
  let next: Promise<void> | undefined

  function misplaced(): string | null {
    if (identityOf(db.name) === opened) return null
    return `${db.name} was moved, replaced or deleted under the running gateway, which takes nothing in and sends nothing until the file is back; \`coop restart\` goes on with what lies there now`
  }

  async function flush(): Promise<void> {
    if (closed) return
    // What is written to a file that nobody finds again is gone with this process.
    const fault = misplaced()
    if (fault !== null) throw new CoopError('database_replaced', fault)
    // A system forgets what it could not flush: after a refusal everything is written again, into the database.
    if (refused) db.pragma('wal_checkpoint(TRUNCATE)')
    refused = false
    file ??= openSync(path, 'r+')
    const open = file
    await new Promise<void>((resolve, reject) => {
      fdatasync(open, error => (error ? reject(error) : resolve()))
    }).catch(error => {
      refused = true
      throw error
    })
  }

  function flushed(): Promise<void> {
    if (next) return next
    if (!flushing) {
      flushing = flush().finally(() => {
        flushing = undefined
        if (closed) close()
      })
      return flushing
    }
    // The flush under way may have missed what was just written: all who ask meanwhile share the one after it.
    next = flushing
      .catch(() => {})
      .then(() => {
        next = undefined
        return flushed()
      })
    return next
  }

  function close(): void {
    if (file !== undefined && !flushing) closeSync(file)
    if (!flushing) file = undefined
  }

  return {
    flushed,
    misplaced,
    [Symbol.dispose]() {
      closed = true
      close()
    },
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.dev}:${stat.ino}`
}
