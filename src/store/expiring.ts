// What disappears from the chat it was written in: which of it is due, and taking its words out for good.
import type { Db } from './database.ts'

/** A message, a reply or a notice whose time has come. */
export interface Due {
  /** The inbox row, or null for what answers nobody. */
  readonly inbox: number | null
  readonly outbox: number | null
  readonly turn: string | null
  /** Transcript entries that hold its words. */
  readonly entries: readonly number[]
  /** Files that came with it, as paths in the workspace. */
  readonly files: readonly string[]
}

interface Row {
  inbox: number | null
  outbox: number | null
  turn: string | null
  trace: string
}

export type Expiring = ReturnType<typeof openExpiring>

/** So many at a time: nobody waits long for the database. */
const most = 100

export function openExpiring(db: Db) {
  // A message counts from the end of the turn that answered it, and not while that, or its reply, is on its way.
  const messages = db.prepare<[number, number, number], Row>(
    `SELECT inbox.id AS inbox, NULL AS outbox, inbox.turn, inbox.trace FROM inbox LEFT JOIN turn ON turn.id = inbox.turn
     WHERE inbox.body ->> '$.expiresMs' IS NOT NULL AND inbox.received_at + (inbox.body ->> '$.expiresMs') <= ?
       AND inbox.state NOT IN ('new', 'running') AND coalesce(turn.state NOT IN ('running', 'waiting'), true)
       AND coalesce(turn.ended_at, inbox.received_at) + (inbox.body ->> '$.expiresMs') <= ?
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE turn = inbox.turn AND state IN ('queued', 'sending'))
     LIMIT ?`,
  )
  const parts = db.prepare<[number, number], Row>(
    `SELECT NULL AS inbox, id AS outbox, turn, trace FROM outbox WHERE expires_at <= ?
       AND NOT EXISTS (SELECT 1 FROM outbox AS other WHERE other.turn = outbox.turn AND other.state IN ('queued', 'sending'))
     LIMIT ?`,
  )
  const ofTurn = db.prepare<[string], number>('SELECT id FROM entry WHERE turn = ?').pluck()
  const loose = db.prepare<[string], number>('SELECT id FROM entry WHERE trace = ? AND turn IS NULL').pluck()
  const filesOf = db.prepare<[number], string>('SELECT path FROM expiring_file WHERE inbox = ?').pluck()
  // The same turn also went to a chat that keeps it.
  const keptElsewhere = db.prepare<[string, number]>(
    "SELECT 1 FROM outbox WHERE turn = ? AND id <> ? AND expires_at IS NULL AND state = 'sent'",
  )
  const note = db.prepare<[string, string, string]>(
    'INSERT OR IGNORE INTO expiring_file SELECT id, ? FROM inbox WHERE channel = ? AND external_id = ?',
  )
  const among = db
    .prepare<[string], number>(
      `SELECT entry.id FROM json_each(?) AS one JOIN entry ON entry.id = one.value WHERE EXISTS (
         SELECT 1 FROM inbox WHERE inbox.body ->> '$.expiresMs' IS NOT NULL
           AND (inbox.turn = entry.turn OR (entry.turn IS NULL AND inbox.trace = entry.trace)))`,
    )
    .pluck()
  const gone = JSON.stringify([{ type: 'text', text: '[disappeared]' }])
  const eraseEntry = db.prepare<[string, number]>('UPDATE entry SET body = ?, undone = 1 WHERE id = ?')
  const eraseMessage = db.prepare<[number]>(
    `UPDATE inbox SET body = json_remove(json_set(body, '$.text', ''), '$.quote', '$.attachments', '$.expiresMs') WHERE id = ?`,
  )
  const endFiles = db.prepare<[number]>('DELETE FROM expiring_file WHERE inbox = ?')
  const emptied = "body = json_remove(json_set(body, '$.text', ''), '$.attachments'), expires_at = NULL"
  const eraseReplies = db.prepare<[string, string]>(
    `UPDATE outbox SET ${emptied} WHERE key >= ? AND key < ? AND state NOT IN ('queued', 'sending')`,
  )
  const erasePart = db.prepare<[number]>(`UPDATE outbox SET ${emptied} WHERE id = ?`)
  const eraseQuestions = db.prepare<[string]>("UPDATE approval SET question = '' WHERE turn = ?")

  const withWords = (row: Row): Due => {
    const kept =
      row.outbox !== null && row.turn !== null && keptElsewhere.get(row.turn, row.outbox) !== undefined
    return {
      inbox: row.inbox,
      outbox: row.outbox,
      turn: row.turn,
      entries: kept ? [] : [...(row.turn === null ? [] : ofTurn.all(row.turn)), ...loose.all(row.trace)],
      files: row.inbox === null ? [] : filesOf.all(row.inbox),
    }
  }

  return {
    /** A file that came with a message which disappears. */
    noteFile: (message: { channel: string; externalId: string }, path: string): void =>
      void note.run(path, message.channel, message.externalId),
    /** What has to go by now, messages first. */
    due: (now: number): Due[] => [...messages.all(now, now, most), ...parts.all(now, most)].map(withWords),
    /** Which of these entries will disappear. */
    among: (entries: readonly number[]): ReadonlySet<number> => new Set(among.all(JSON.stringify(entries))),
    /** In one commit: the words are gone, as a message, in the transcript and as a reply. */
    erase: db.transaction((due: readonly Due[]): void => {
      for (const { inbox, outbox, turn, entries } of due) {
        for (const entry of entries) eraseEntry.run(gone, entry)
        if (outbox !== null) erasePart.run(outbox)
        if (inbox === null) continue
        eraseMessage.run(inbox)
        endFiles.run(inbox)
        for (const key of [`inbox:${inbox}:`, ...(turn === null ? [] : [`${turn}:`])])
          eraseReplies.run(key, `${key.slice(0, -1)};`)
        if (turn !== null) eraseQuestions.run(turn)
      }
    }),
  }
}
