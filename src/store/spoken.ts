// What was said in ended turns, in the order they ended, for whoever remembers it; and its erasure.
import type { Grant } from '../access/clearance.ts'
import type { Db } from './database.ts'
import { type Block, type Origin, plainText } from './entry.ts'

export interface SpokenEntry {
  readonly id: number
  readonly author: string | null
  readonly text: string
  readonly origin: Origin
  readonly labels: readonly string[]
  readonly at: number
}

export interface EndedTurn {
  /** Grows from turn to turn in the order of their ends. */
  readonly position: number
  readonly session: string
  readonly grant: Grant
  readonly said: readonly SpokenEntry[]
}

interface TurnRow {
  id: string
  session: string
  grant_json: string
  last_entry: number
}

interface EntryRow {
  id: number
  author: string | null
  body: string
  origin: Origin
  labels: string
  at: number
}

export type Spoken = ReturnType<typeof openSpoken>

export function openSpoken(db: Db) {
  const turns = db.prepare<[number, number], TurnRow>(
    'SELECT id, session, grant_json, last_entry FROM turn WHERE last_entry > ? ORDER BY last_entry LIMIT ?',
  )
  const entries = db.prepare<[string], EntryRow>(
    "SELECT id, author, body, origin, labels, at FROM entry WHERE turn = ? AND role IN ('user', 'assistant') AND undone = 0 ORDER BY id",
  )
  const entry = db.prepare<[number], { turn: string | null; role: string }>(
    'SELECT turn, role FROM entry WHERE id = ?',
  )
  const blankEntry = db.prepare<[string, number]>('UPDATE entry SET body = ? WHERE id = ?')
  const blankInbox = db.prepare<[string, string]>(
    "UPDATE inbox SET body = json_set(body, '$.text', ?) WHERE turn = ?",
  )
  const blankOutbox = db.prepare<[string, string]>(
    "UPDATE outbox SET body = json_set(body, '$.text', ?) WHERE turn = ? AND state = 'sent'",
  )

  return {
    /** Turns that ended after `position`, oldest end first. */
    turnsAfter: (position: number, limit: number): EndedTurn[] =>
      turns.all(position, limit).map(row => ({
        position: row.last_entry,
        session: row.session,
        grant: JSON.parse(row.grant_json) as Grant,
        said: entries.all(row.id).map(({ id, author, body, origin, labels, at }) => ({
          id,
          author,
          origin,
          at,
          text: plainText(JSON.parse(body) as Block[]),
          labels: JSON.parse(labels) as string[],
        })),
      })),
    /** Takes the words of these entries out of the transcript, the inbox and the outbox, and their bytes out of the files. */
    erase(ids: readonly number[]): void {
      db.transaction(() => {
        for (const id of ids) {
          const found = entry.get(id)
          if (!found) continue
          blankEntry.run(JSON.stringify([{ type: 'text', text: forgotten }]), id)
          if (found.turn !== null && found.role === 'user') blankInbox.run(forgotten, found.turn)
          if (found.turn !== null && found.role === 'assistant') blankOutbox.run(forgotten, found.turn)
        }
      })()
      db.pragma('wal_checkpoint(TRUNCATE)')
    },
  }
}

const forgotten = '[forgotten]'
