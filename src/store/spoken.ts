// What was said in ended turns, in the order they ended, for whoever remembers it.
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
    "SELECT id, session, grant_json, last_entry FROM turn WHERE last_entry > ? AND session NOT LIKE 'subagent:%' ORDER BY last_entry LIMIT ?",
  )
  const entries = db.prepare<[string], EntryRow>(
    "SELECT id, author, body, origin, labels, at FROM entry WHERE turn = ? AND role IN ('user', 'assistant') AND undone = 0 ORDER BY id",
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
  }
}
