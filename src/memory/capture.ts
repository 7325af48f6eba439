// Remembers conversations by themselves: first every turn as it was said, then facts, when nobody waits.
import { setImmediate as nextTick } from 'node:timers/promises'
import type { Clearance } from '../access/clearance.ts'
import { checkClearance } from '../access/clearance.ts'
import { forgotten } from '../store/erase.ts'
import { refreshTail } from './context.ts'
import { type Complete, type Exchange, reconcile, type Said } from './facts.ts'
import { insertRow } from './insert.ts'
import { readNote, writeNote } from './note.ts'
import type { Room } from './scope.ts'
import { withoutSecrets } from './secrets.ts'
import { type ShelfRef, shelfFor } from './shelves.ts'
import { isBuried } from './tombstone.ts'
import { isOutside } from './write.ts'

export interface SpokenTurn {
  /** Grows from turn to turn; a turn comes once it has ended. */
  readonly position: number
  readonly session: string
  /** The turn's grant, issued again. What it no longer covers is not remembered. */
  readonly clearance: Clearance
  readonly said: readonly Said[]
}

export interface CaptureSource {
  /** Ended turns after `position`, oldest first. */
  turnsAfter(position: number, limit: number): readonly SpokenTurn[]
}

export interface CaptureReport {
  readonly turns: number
  readonly facts: number
}

const slice = 50
const maxTurnChars = 8_000

/**
 * Takes over what was said since the last run. A crash at any instant neither loses nor doubles:
 * rows carry the entry as their key, and what a session gave facts for is noted with those facts.
 */
export async function capture(
  room: Room,
  source: CaptureSource,
  complete: Complete | null,
  signal: AbortSignal,
): Promise<CaptureReport> {
  const report = { turns: 0, facts: 0 }
  for (;;) {
    signal.throwIfAborted()
    const turns = source.turnsAfter(cursor(room, 'turns'), slice)
    if (turns.length === 0) break
    for (const group of byFile(turns)) {
      report.turns += keepWords(room, group)
      await nextTick()
      signal.throwIfAborted()
    }
    setCursor(room, 'turns', turns.at(-1)!.position)
  }
  while (complete) {
    signal.throwIfAborted()
    const turns = source.turnsAfter(cursor(room, 'facts'), slice)
    if (turns.length === 0) break
    for (const { ref, exchange } of exchanges(room, turns)) {
      report.facts += await reconcile(room, ref, exchange, complete, signal)
    }
    setCursor(room, 'facts', turns.at(-1)!.position)
  }
  return report
}

interface Placed {
  readonly ref: ShelfRef
  readonly said: Said
  readonly session: string
}

/** What was said, by the file it goes into: one commit a file. */
function byFile(turns: readonly SpokenTurn[]): Placed[][] {
  const all = turns.flatMap(turn => placed(turn).map(one => ({ ...one, session: turn.session })))
  return [...Map.groupBy(all, one => one.ref.owner).values()]
}

/** Stores what was said word for word, in one commit; returns how many rows are new. */
function keepWords(room: Room, group: readonly Placed[]): number {
  return room.files.shelf(group[0]!.ref).db.transaction(() => {
    let stored = 0
    for (const one of group) if (keep(room, one)) stored++
    return stored
  })()
}

function keep(room: Room, { ref, said, session }: Placed): boolean {
  const shelf = room.files.shelf(ref)
  const key = `entry:${said.entry}`
  if (shelf.sql(`SELECT 1 FROM ${shelf.tables.mem} WHERE key = ?`).get(key)) return false
  const body = withoutSecrets(said.text).slice(0, maxTurnChars)
  if (body.trim() === '' || body === forgotten || isBuried(shelf, body)) return false
  insertRow(shelf, {
    uid: room.uid(),
    key,
    kind: 'turn',
    body,
    saidBy: said.name,
    author: said.author,
    session,
    seq: said.entry,
    passing: said.author === null,
    at: said.at,
    recordedAt: room.now(),
    origin: isOutside(said.origin) ? 'tool' : 'said',
    originTrust: said.origin,
    entry: said.entry,
  })
  refreshTail(shelf, session)
  return true
}

/** Everything said in a turn that has a shelf, by the labels it was said under and no others. */
function placed(turn: SpokenTurn): { ref: ShelfRef; said: Said }[] {
  checkClearance(turn.clearance)
  return turn.said.flatMap(said => {
    const ref = turn.clearance.covers(said.labels) ? shelfFor(said.labels) : undefined
    return ref ? [{ ref, said }] : []
  })
}

/** What each session said on each shelf, in order. */
function exchanges(room: Room, turns: readonly SpokenTurn[]): { ref: ShelfRef; exchange: Exchange }[] {
  const groups = new Map<
    string,
    { ref: ShelfRef; exchange: Exchange & { said: (Said & { position: number })[] } }
  >()
  for (const turn of turns) {
    for (const { ref, said } of placed(turn)) {
      const key = JSON.stringify([ref.owner, ref.id, turn.session])
      const group = groups.get(key) ?? { ref, exchange: { session: turn.session, said: [] } }
      groups.set(key, group)
      const text = withoutSecrets(said.text)
      if (text !== forgotten && !isBuried(room.files.shelf(ref), text))
        group.exchange.said.push({ ...said, text, position: turn.position })
    }
  }
  return [...groups.values()]
}

const cursor = (room: Room, name: string): number =>
  Number(readNote(room.files.database(null), `capture:${name}`) ?? 0)

const setCursor = (room: Room, name: string, position: number): void =>
  writeNote(room.files.database(null), `capture:${name}`, String(position))
