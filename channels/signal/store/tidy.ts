// Lets go of text that is kept no longer, out of the rows and then out of the file.
import { messageOf } from '../../../src/errors.ts'
import type { Log } from '../../../src/log.ts'
import type { Db } from './database.ts'
import { pruneOutbound } from './outbound.ts'

/** What is to be run every few seconds. It costs nothing while nothing is written. */
export function tidier(db: Db, log: Log): () => void {
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck()
  let seen = -1
  return () => {
    try {
      pruneOutbound(db, Date.now())
      const now = changes.get() ?? 0
      if (now === seen) return
      seen = now
      // The write-ahead log holds the pages as they were: with the text.
      db.pragma('wal_checkpoint(TRUNCATE)')
    } catch (cause) {
      log.warn({ reason: messageOf(cause) }, 'old text could not be let go')
    }
  }
}
