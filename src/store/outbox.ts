// What has to go out: one row a part, in order within a place, until the platform has it.
import type { Grant } from '../access/clearance.ts'
import { type Outbound, type Place, placeKey } from '../channel.ts'
import type { Db } from './database.ts'

export interface Part {
  readonly outbound: Outbound
  /** The seal: what the text was written from. */
  readonly labels: readonly string[]
  readonly grant: Grant
  readonly turn: string | null
  readonly trace: string
}

/** A part as it is committed. */
export interface Queued {
  readonly part: Part
  /** Nothing is before it in its lane: it is about to be sent. */
  readonly first: boolean
}

export interface OutboxRow extends Part {
  readonly id: number
  readonly lane: string
  readonly state: 'queued' | 'sending'
  readonly attempts: number
  readonly nextAt: number
}

interface Row {
  id: number
  key: string
  lane: string
  body: string
  labels: string
  grant_json: string
  turn: string | null
  state: 'queued' | 'sending'
  attempts: number
  next_at: number
  trace: string
}

/** People react to what they see, which is never far back. */
const findAmong = 2_000

export type Outbox = ReturnType<typeof openOutbox>

export function openOutbox(db: Db) {
  const insert = db.prepare(
    `INSERT INTO outbox (key, channel, lane, body, labels, grant_json, turn, state, attempts, trace, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
  )
  // Named, since without statistics SQLite would sooner read everything that was ever sent.
  const notOut = "outbox INDEXED BY outbox_open WHERE state IN ('queued', 'sending')"
  const open = db.prepare<[], Row>(`SELECT * FROM ${notOut} ORDER BY id`)
  const byId = db.prepare<[number], Row>('SELECT * FROM outbox WHERE id = ?')
  const sending = db.prepare<[number]>(
    "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?",
  )
  const sent = db.prepare<[string | null, number, number | null, number]>(
    "UPDATE outbox SET state = 'sent', external_id = ?, sent_at = ?, expires_at = ?, error = NULL WHERE id = ?",
  )
  const retry = db.prepare<[number, string, number]>(
    "UPDATE outbox SET state = 'queued', next_at = ?, error = ? WHERE id = ?",
  )
  const ended = db.prepare<['failed' | 'refused', string, number]>(
    'UPDATE outbox SET state = ?, error = ? WHERE id = ?',
  )
  const dropFiles = db.prepare<[number]>(
    "UPDATE outbox SET body = json_remove(body, '$.attachments') WHERE id = ?",
  )
  const repeated = db.prepare(
    `UPDATE outbox SET repeated = repeated + 1 WHERE state = 'sending' AND id IN (SELECT id FROM ${notOut})`,
  )
  const newest = db.prepare<[number, string, string], { key: string; body: string; labels: string }>(
    `SELECT key, body, labels FROM (SELECT * FROM outbox ORDER BY id DESC LIMIT ?)
     WHERE channel = ? AND external_id = ? LIMIT 1`,
  )
  const counts = db.prepare<[], { state: string; count: number }>(
    `SELECT state, count(*) AS count FROM ${notOut} GROUP BY state
     UNION ALL SELECT state, count(*) FROM outbox WHERE state IN ('failed', 'refused') GROUP BY state`,
  )
  const totals = db.prepare<[], { parts: number; repeated: number }>(
    `SELECT (SELECT count(*) FROM outbox) AS parts,
       (SELECT coalesce(sum(repeated), 0) FROM outbox WHERE repeated > 0) AS repeated`,
  )

  return {
    /** Adds a part; null if one with its key is there already. */
    add({ part, first }: Queued, now: number): OutboxRow | null {
      const { key, ...body } = part.outbound
      const lane = placeKey(part.outbound.place)
      const state = first ? 'sending' : 'queued'
      const done = insert.run(
        key,
        part.outbound.place.channel,
        lane,
        JSON.stringify(body, bytesAsBase64),
        JSON.stringify(part.labels),
        JSON.stringify(part.grant),
        part.turn,
        state,
        first ? 1 : 0,
        part.trace,
        now,
      )
      if (done.changes === 0) return null
      return { ...part, id: Number(done.lastInsertRowid), lane, state, attempts: first ? 1 : 0, nextAt: 0 }
    },
    get(id: number): OutboxRow | undefined {
      const row = byId.get(id)
      return row && outboxRow(row)
    },
    /** Every part not yet out, oldest first. */
    open: (): OutboxRow[] => open.all().map(outboxRow),
    /** Counts what was in flight when the process died; called once, before anything is sent. */
    countRepeats: (): number => repeated.run().changes,
    /** In one commit: one part is out, and the next in its lane is about to be. */
    markSent: db.transaction(
      (
        id: number,
        externalId: string | null,
        next: number | null,
        now: number,
        expiresAt: number | null = null,
      ): void => {
        sent.run(externalId, now, expiresAt, id)
        if (next !== null) sending.run(next)
      },
    ),
    /** What the platform has need not be kept. */
    dropFiles: (id: number): void => void dropFiles.run(id),
    markSending: (id: number): void => void sending.run(id),
    markRetry: (id: number, at: number, error: string): void => void retry.run(at, error, id),
    /** In one commit: a part will never go out, and the next is about to. */
    markEnded: db.transaction(
      (id: number, state: 'failed' | 'refused', error: string, next: number | null): void => {
        ended.run(state, error, id)
        if (next !== null) sending.run(next)
      },
    ),
    /** The part that became this message, if it is among the newest. */
    find(
      channel: string,
      externalId: string,
    ): { key: string; text: string; place: Place; labels: readonly string[] } | undefined {
      const row = newest.get(findAmong, channel, externalId)
      if (!row) return undefined
      const { text, place } = JSON.parse(row.body) as { text: string; place: Place }
      return { key: row.key, text, place, labels: JSON.parse(row.labels) as string[] }
    },
    counts: (): Record<string, number> => {
      const others = counts.all()
      const { parts, repeated } = totals.get()!
      const sent = parts - others.reduce((sum, { count }) => sum + count, 0)
      return {
        ...Object.fromEntries(others.map(({ state, count }) => [state, count])),
        ...(sent > 0 ? { sent } : {}),
        repeated,
      }
    },
  }
}

function outboxRow(row: Row): OutboxRow {
  const body = JSON.parse(row.body, base64AsBytes) as { place: Place; text: string }
  return {
    id: row.id,
    lane: row.lane,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at,
    outbound: { key: row.key, ...body },
    labels: JSON.parse(row.labels) as string[],
    grant: JSON.parse(row.grant_json) as Grant,
    turn: row.turn,
    trace: row.trace,
  }
}

/** A Buffer has made itself into something else by the time that its value is given. */
function bytesAsBase64(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const bytes = key === 'bytes' ? this[key] : undefined
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : value
}
const base64AsBytes = (key: string, value: unknown) =>
  key === 'bytes' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value
