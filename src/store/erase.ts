// Takes the words of transcript entries out for good, for whoever asks to be forgotten.
import type { Db } from './database.ts'
import { openDisclosures } from './disclosure.ts'

/**
 * Replaces the words of these entries, wherever they stand as the message, its inbox row or its reply, and
 * empties the write-ahead log. False when another process holds the log; its bytes go with the next checkpoint.
 */
export function eraseEntries(db: Db, entries: readonly number[], memories: readonly string[] = []): boolean {
  const gone = JSON.stringify([{ type: 'text', text: '[forgotten]' }])
  const disclosures = openDisclosures(db)
  db.transaction(() => {
    const turns = new Set<string>()
    for (const id of entries) {
      const row = db.prepare('UPDATE entry SET body = ? WHERE id = ? RETURNING turn').get(gone, id) as
        | { turn: string | null }
        | undefined
      if (row?.turn) turns.add(row.turn)
    }
    for (const turn of turns) {
      db.prepare("UPDATE inbox SET body = json_set(body, '$.text', '[forgotten]') WHERE turn = ?").run(turn)
      db.prepare(
        "UPDATE outbox SET body = json_set(body, '$.text', '[forgotten]') WHERE turn = ? AND state = 'sent'",
      ).run(turn)
    }
    for (const memory of memories) disclosures.forget(memory)
  })()
  return emptyLog(db)
}

/** Empties the write-ahead log, which otherwise keeps what was erased. False when another process held it. */
export function emptyLog(db: Db): boolean {
  const [state] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
  return state?.busy === 0
}
