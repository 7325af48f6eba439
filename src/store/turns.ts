// Turns: begun, stepped and ended in one commit each, so that a crash always falls between two.
import type { Grant } from '../access/clearance.ts'
import type { Db } from './database.ts'
import type { Entry, NewEntry } from './entry.ts'
import type { Outbox, Queued } from './outbox.ts'
import type { EntryPlace, Transcript } from './transcript.ts'

export type TurnState = 'running' | 'waiting' | 'done' | 'failed' | 'stopped'

export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** Of `cacheWrite`, what is kept for an hour. */
  readonly cacheLong?: number
}

export interface Turn {
  readonly id: string
  readonly session: string
  readonly epoch: number
  readonly state: TurnState
  readonly grant: Grant
  readonly reason: string | null
  readonly usage: Usage | null
  readonly model: string | null
  readonly lastEntry: number | null
  readonly trace: string
  readonly startedAt: number
}

export interface Spend extends Usage {
  readonly person: string | null
  readonly level: string
  readonly job: string | null
  readonly model: string
  readonly usd: number
}

export interface TurnEnd {
  readonly state: TurnState
  readonly reason: string
  readonly usage: Usage
  readonly model: string
  readonly entries: readonly NewEntry[]
  readonly parts: readonly Queued[]
  readonly inbox: { readonly state: 'answered' | 'failed'; readonly reason: string | null }
}

interface Row {
  id: string
  session: string
  epoch: number
  state: TurnState
  grant_json: string
  reason: string | null
  usage: string | null
  model: string | null
  last_entry: number | null
  trace: string
  started_at: number
}

export type Turns = ReturnType<typeof openTurns>

export function openTurns(db: Db, transcript: Transcript, outbox: Outbox) {
  const insert = db.prepare(
    `INSERT INTO turn (id, session, epoch, state, grant_json, trace, started_at) VALUES (?, ?, ?, 'running', ?, ?, ?)`,
  )
  const takeInbox = db.prepare<[string, string, number]>(
    "UPDATE inbox SET state = 'running', session = ?, turn = ? WHERE id = ?",
  )
  const endInbox = db.prepare<[string, string | null, string]>(
    "UPDATE inbox SET state = ?, reason = coalesce(?, reason) WHERE turn = ? AND state = 'running'",
  )
  const freeInbox = db.prepare<[string]>(
    "UPDATE inbox SET state = 'new', turn = NULL WHERE turn = ? AND state = 'running'",
  )
  const setState = db.prepare<[TurnState, string]>('UPDATE turn SET state = ? WHERE id = ?')
  const setGrant = db.prepare<[string, string]>('UPDATE turn SET grant_json = ? WHERE id = ?')
  const finish = db.prepare(
    'UPDATE turn SET state = ?, reason = ?, usage = ?, model = ?, last_entry = ?, ended_at = ? WHERE id = ?',
  )
  const get = db.prepare<[string], Row>('SELECT * FROM turn WHERE id = ?')
  const open = db.prepare<[], Row>(
    "SELECT * FROM turn WHERE state IN ('running', 'waiting') ORDER BY started_at, rowid",
  )
  const last = db.prepare<[string, number], Row>(
    "SELECT * FROM turn WHERE session = ? AND epoch = ? AND state IN ('done', 'failed', 'stopped') AND EXISTS (SELECT 1 FROM entry WHERE turn = turn.id AND undone = 0) ORDER BY rowid DESC LIMIT 1",
  )
  const spend = db.prepare(
    `INSERT INTO spend (turn, person, level, job, model, input, output, cache_read, cache_write, usd, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  return {
    /** One commit: the turn, its opening entries, and its inbox rows running. */
    begin: db.transaction(
      (
        place: EntryPlace & { turn: string },
        grant: Grant,
        inbox: readonly number[],
        entries: readonly NewEntry[],
        now: number,
      ): Entry[] => {
        insert.run(place.turn, place.session, place.epoch, JSON.stringify(grant), place.trace, now)
        for (const id of inbox) takeInbox.run(place.session, place.turn, id)
        return entries.map(entry => transcript.append(place, entry, now))
      },
    ),
    /** One commit: messages that join a running turn. */
    join: db.transaction(
      (
        place: EntryPlace & { turn: string },
        inbox: readonly number[],
        entries: readonly NewEntry[],
        now: number,
      ): Entry[] => {
        for (const id of inbox) takeInbox.run(place.session, place.turn, id)
        return entries.map(entry => transcript.append(place, entry, now))
      },
    ),
    /** One commit: what one step of the model said, with the calls it planned. */
    step: db.transaction(
      (
        place: EntryPlace & { turn: string },
        entries: readonly NewEntry[],
        cost: Spend,
        now: number,
      ): Entry[] => {
        record(place.turn, cost, now)
        return entries.map(entry => transcript.append(place, entry, now))
      },
    ),
    /** One commit: the last entries, the reply's parts, the inbox rows answered, the turn over. */
    end: db.transaction(
      (place: EntryPlace & { turn: string }, end: TurnEnd, cost: Spend | null, now: number) => {
        if (cost) record(place.turn, cost, now)
        const entries = end.entries.map(entry => transcript.append(place, entry, now))
        const rows = end.parts.flatMap(part => outbox.add(part, now) ?? [])
        endInbox.run(end.inbox.state, end.inbox.reason, place.turn)
        finish.run(
          end.state,
          end.reason,
          JSON.stringify(end.usage),
          end.model,
          entries.at(-1)?.id ?? null,
          now,
          place.turn,
        )
        return { entries, rows }
      },
    ),
    /** One commit: a turn that lost its clearance is over, and its messages are new again. */
    revoke: db.transaction((id: string, now: number): void => {
      freeInbox.run(id)
      finish.run('stopped', 'revoked', null, null, null, now, id)
    }),
    /** A turn that a fault ended. */
    fail: (id: string, reason: string, now: number): void =>
      void finish.run('failed', reason, null, null, null, now, id),
    /** Records what a model call cost that belongs to no step. */
    record: (turn: string, cost: Spend, now: number): void => record(turn, cost, now),
    setState: (id: string, state: TurnState): void => void setState.run(state, id),
    setGrant: (id: string, grant: Grant): void => void setGrant.run(JSON.stringify(grant), id),
    get(id: string): Turn | undefined {
      const row = get.get(id)
      return row && turnOf(row)
    },
    /** Turns that a crash left running, and those that wait. */
    open: (): Turn[] => open.all().map(turnOf),
    /** The newest ended turn of an epoch that was not undone. */
    last(session: string, epoch: number): Turn | undefined {
      const row = last.get(session, epoch)
      return row && turnOf(row)
    },
  }

  function record(turn: string, cost: Spend, now: number): void {
    const { person, level, job, model, input, output, cacheRead, cacheWrite, usd } = cost
    spend.run(turn, person, level, job, model, input, output, cacheRead, cacheWrite, usd, now)
  }
}

function turnOf(row: Row): Turn {
  return {
    id: row.id,
    session: row.session,
    epoch: row.epoch,
    state: row.state,
    grant: JSON.parse(row.grant_json) as Grant,
    reason: row.reason,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    model: row.model,
    lastEntry: row.last_entry,
    trace: row.trace,
    startedAt: row.started_at,
  }
}
