// The context column: each turn is also found by the words of the turn before and after it.
import type { Shelf } from './files.ts'
import { countTerms } from './insert.ts'

/** A pause this long ends a sitting: what follows is another subject. */
export const sittingGapMs = 6 * 3_600_000

interface Turn {
  readonly id: number
  readonly pos: number | null
  readonly norm: string
  readonly near: string
  readonly at: number
}

/** Orders the turns of a session and writes each one's neighbours beside it; only what changed. */
export function refreshSession(shelf: Shelf, session: string): void {
  const turns = shelf
    .sql(
      `SELECT id, pos, norm, near, at FROM ${shelf.tables.mem}
       WHERE session = ? AND kind = 'turn' AND pos IS NOT NULL ORDER BY at, seq IS NULL, seq, id`,
    )
    .all(session) as Turn[]
  const place = shelf.sql(`UPDATE ${shelf.tables.mem} SET pos = ? WHERE id = ?`)
  for (const [index, turn] of turns.entries()) {
    if (turn.pos !== index) place.run(index, turn.id)
    write(shelf, turn, turns[index - 1], turns[index + 1])
  }
}

/** The same for the last turns of a session only: what a live conversation needs. */
export function refreshTail(shelf: Shelf, session: string): void {
  const turns = (
    shelf
      .sql(
        `SELECT id, pos, norm, near, at FROM ${shelf.tables.mem}
         WHERE session = ? AND kind = 'turn' AND pos IS NOT NULL ORDER BY pos DESC LIMIT 3`,
      )
      .all(session) as Turn[]
  ).reverse()
  const last = turns.length - 1
  if (last >= 0) write(shelf, turns[last]!, turns[last - 1], undefined)
  if (last >= 1) write(shelf, turns[last - 1]!, turns[last - 2], turns[last])
}

function write(shelf: Shelf, turn: Turn, before: Turn | undefined, after: Turn | undefined): void {
  const beside = (other: Turn | undefined) =>
    other && Math.abs(other.at - turn.at) <= sittingGapMs ? other.norm : ''
  const near = [beside(before), beside(after)].filter(Boolean).join(' ')
  if (near === turn.near) return
  const grown = countTerms(near) - countTerms(turn.near)
  shelf.sql(`UPDATE ${shelf.tables.mem} SET near = ?, len = len + ? WHERE id = ?`).run(near, grown, turn.id)
}
