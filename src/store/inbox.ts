// What arrived. Stored before it is acknowledged; a row ends answered, heard, ignored or failed.
import type { Inbound } from '../channel.ts'
import type { Db } from './database.ts'

export type InboxState = 'new' | 'running' | 'answered' | 'heard' | 'ignored' | 'failed'

export interface Received {
  readonly id: number
  readonly inbound: Inbound
  readonly trace: string
  readonly state: InboxState
  readonly session: string | null
  readonly turn: string | null
}

interface Row {
  id: number
  body: string
  trace: string
  state: InboxState
  session: string | null
  turn: string | null
}

export type Inbox = ReturnType<typeof openInbox>

export function openInbox(db: Db) {
  const insert = db.prepare<[string, string, string, number, string]>(
    'INSERT INTO inbox (channel, external_id, body, received_at, trace) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const settle = db.prepare<[InboxState, string | null, number]>(
    'UPDATE inbox SET state = ?, reason = ? WHERE id = ?',
  )
  const unfinished = db.prepare<[], Row>(
    "SELECT id, body, trace, state, session, turn FROM inbox WHERE state IN ('new', 'running') ORDER BY id",
  )
  const ofTurn = db.prepare<[string], Row>(
    'SELECT id, body, trace, state, session, turn FROM inbox WHERE turn = ? ORDER BY id',
  )
  const byId = db.prepare<[number], Row>(
    'SELECT id, body, trace, state, session, turn FROM inbox WHERE id = ?',
  )
  const named = db.prepare<[string, string], Row>(
    'SELECT id, body, trace, state, session, turn FROM inbox WHERE channel = ? AND external_id = ?',
  )
  const rewrite = db.prepare<[string, number]>("UPDATE inbox SET body = ? WHERE id = ? AND state = 'new'")
  const counts = db.prepare<[], { state: InboxState; count: number }>(
    `SELECT state, count(*) AS count FROM inbox INDEXED BY inbox_open WHERE state IN ('new', 'running') GROUP BY state
     UNION ALL SELECT state, count(*) FROM inbox INDEXED BY inbox_failed WHERE state = 'failed' GROUP BY state`,
  )

  return {
    /** Stores a batch in one commit. What was known already comes back as nothing. */
    admit: db.transaction(
      (batch: readonly { inbound: Inbound; trace: string }[], now: number): Received[] => {
        const fresh: Received[] = []
        for (const { inbound, trace } of batch) {
          const done = insert.run(inbound.channel, inbound.externalId, JSON.stringify(inbound), now, trace)
          if (done.changes === 0) continue
          fresh.push({
            id: Number(done.lastInsertRowid),
            inbound,
            trace,
            state: 'new',
            session: null,
            turn: null,
          })
        }
        return fresh
      },
    ),
    /** Ends a row that led to no turn, or whose turn failed. */
    settle(id: number, state: InboxState, reason: string | null): void {
      settle.run(state, reason, id)
    },
    /** Rows that a crash or a shutdown left unfinished, oldest first. */
    unfinished: (): Received[] => unfinished.all().map(received),
    get(id: number): Received | undefined {
      const row = byId.get(id)
      return row && received(row)
    },
    find(channel: string, externalId: string): Received | undefined {
      const row = named.get(channel, externalId)
      return row && received(row)
    },
    /** Changes what a row says that nothing has begun to answer. */
    rewrite: (id: number, inbound: Inbound): void => void rewrite.run(JSON.stringify(inbound), id),
    ofTurn: (turn: string): Received[] => ofTurn.all(turn).map(received),
    counts: (): Partial<Record<InboxState, number>> =>
      Object.fromEntries(counts.all().map(row => [row.state, row.count])),
  }
}

function received(row: Row): Received {
  return { ...row, inbound: JSON.parse(row.body) as Inbound }
}
