// Everything that was said and done, entry by entry, readable only through a clearance.
import { type Clearance, checkClearance } from '../access/clearance.ts'
import type { Db } from './database.ts'
import type { Block, CallState, Entry, NewEntry, Origin, Role } from './entry.ts'
import { openKept } from './kept.ts'

interface Row {
  id: number
  session: string
  epoch: number
  turn: string | null
  role: Role
  author: string | null
  body: string
  labels: string
  origin: Origin
  call_id: string | null
  state: CallState | null
  at: number
}

export interface EntryPlace {
  readonly session: string
  readonly epoch: number
  readonly turn: string | null
  readonly trace: string
}

/** What one clearance may read of the transcript. */
export interface TranscriptView {
  /** Covered entries of an epoch from `from` on, oldest first. */
  entries(session: string, epoch: number, from: number): Entry[]
  /** The first entry of an epoch between the two that is not covered; null when all are. */
  hidden(session: string, epoch: number, from: number, before: number): number | null
  /** Covered entries of any epoch after `after`, oldest first. */
  after(session: string, after: number, limit: number): Entry[]
  /** Covered entries of any epoch before `before`, oldest first: a page of history. */
  before(session: string, before: number, limit: number): Entry[]
}

/** Read at once for a page. */
const fewestRows = 50

export type Transcript = ReturnType<typeof openTranscript>

export function openTranscript(db: Db) {
  const insert = db.prepare(
    `INSERT INTO entry (session, epoch, turn, role, author, body, labels, origin, call_id, state, trace, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const touch = db.prepare<[number, string]>('UPDATE session SET updated_at = ? WHERE id = ?')
  const setState = db.prepare<[CallState, number]>('UPDATE entry SET state = ? WHERE id = ?')
  const setResult = db.prepare<[CallState, string, Origin, number]>(
    'UPDATE entry SET state = ?, body = ?, origin = ? WHERE id = ?',
  )
  const select = (where: string) => `SELECT * FROM entry WHERE session = ? AND undone = 0 AND ${where}`
  const fromEpoch = db.prepare<[string, number, number], Row>(
    `${select('epoch = ? AND id >= ? AND summed = 0')} ORDER BY id`,
  )
  const labelled = db.prepare<[string, number, number, number], Pick<Row, 'id' | 'labels'>>(
    'SELECT id, labels FROM entry WHERE session = ? AND undone = 0 AND summed = 0 AND epoch = ? AND id >= ? AND id < ? ORDER BY id',
  )
  const fromId = db.prepare<[string, number, number], Row>(`${select('id > ?')} ORDER BY id LIMIT ?`)
  const toId = db.prepare<[string, number, number], Row>(`${select('id < ?')} ORDER BY id DESC LIMIT ?`)
  const kept = openKept(db)
  const undo = db.prepare<[string]>('UPDATE entry SET undone = 1 WHERE turn = ?')

  return {
    /** Appends an entry and returns its id, which also orders the session's events. */
    append(place: EntryPlace, entry: NewEntry, now: number): Entry {
      const done = insert.run(
        place.session,
        place.epoch,
        place.turn,
        entry.role,
        entry.author,
        JSON.stringify(entry.blocks),
        JSON.stringify(entry.labels),
        entry.origin,
        entry.callId ?? null,
        entry.state ?? null,
        place.trace,
        now,
      )
      touch.run(now, place.session)
      const { session, epoch, turn } = place
      return { ...entry, id: Number(done.lastInsertRowid), session, epoch, turn, at: now }
    },
    /** Moves a tool entry on. */
    setState: (id: number, state: CallState): void => void setState.run(state, id),
    /** Gives a tool entry its result. */
    setResult(id: number, state: CallState, blocks: readonly Block[], origin: Origin): void {
      setResult.run(state, JSON.stringify(blocks), origin, id)
    },
    /** Takes a turn's entries out of every view. */
    undoTurn: (turn: string): void => void undo.run(turn),
    /** The only way to read: what `clearance` covers. */
    view(clearance: Clearance): TranscriptView {
      checkClearance(clearance)
      // Nearly every entry of a session has the same labels: each set is read and judged once.
      const judged = new Map<string, readonly string[] | null>()
      const labelsOf = (text: string) => {
        let labels = judged.get(text)
        if (labels === undefined) {
          const parsed = JSON.parse(text) as string[]
          judged.set(text, (labels = clearance.covers(parsed) ? parsed : null))
        }
        return labels
      }
      const covered = (rows: Row[]) =>
        rows.flatMap(row => {
          const labels = labelsOf(row.labels)
          return labels === null ? [] : [entryOf(row, labels)]
        })
      /** A page is short only where the conversation ends, however much of it is not covered. */
      const page = (next: typeof fromId, session: string, from: number, limit: number): Entry[] => {
        const found: Entry[] = []
        for (let last = from; found.length < limit; ) {
          const wanted = Math.max(limit - found.length, fewestRows)
          const rows = next.all(session, last, wanted)
          found.push(...covered(rows))
          if (rows.length < wanted) break
          last = rows.at(-1)!.id
        }
        return found.slice(0, limit)
      }
      return {
        entries: (session, epoch, from) =>
          kept.entries({ session, epoch, from, reads: clearance.reads }, start => {
            const rows = fromEpoch.all(session, epoch, start)
            return { entries: covered(rows), newest: rows.at(-1)?.id ?? 0 }
          }),
        hidden: (session, epoch, from, before) =>
          labelled.all(session, epoch, from, before).find(row => labelsOf(row.labels) === null)?.id ?? null,
        after: (session, after, limit) => page(fromId, session, after, limit),
        before: (session, before, limit) => page(toId, session, before, limit).reverse(),
      }
    },
  }
}

function entryOf(row: Row, labels: readonly string[]): Entry {
  return {
    id: row.id,
    session: row.session,
    epoch: row.epoch,
    turn: row.turn,
    role: row.role,
    author: row.author,
    blocks: JSON.parse(row.body) as Block[],
    labels,
    origin: row.origin,
    at: row.at,
    ...(row.call_id === null ? {} : { callId: row.call_id }),
    ...(row.state === null ? {} : { state: row.state }),
  }
}
