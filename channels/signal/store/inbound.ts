// Messages that were decrypted and acknowledged to Signal, until the core has stored them.
import type { Inbound } from '../../../src/channel.ts'
import type { Db } from './database.ts'
import { prepared } from './prepared.ts'

export interface WaitingMessage {
  readonly id: number
  readonly inbound: Inbound
}

/** Keeps a message; the same one twice is kept once. Call inside a commit. */
export const keepInbound = (db: Db, inbound: Inbound): void =>
  void prepared(db, 'INSERT INTO inbound (external_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    inbound.externalId,
    JSON.stringify(inbound),
  )

/** The oldest messages after `id`. */
export const waitingInbound = (db: Db, after: number, limit: number): WaitingMessage[] =>
  prepared<[number, number], { id: number; body: string }>(
    db,
    'SELECT id, body FROM inbound WHERE id > ? ORDER BY id LIMIT ?',
  )
    .all(after, limit)
    .map(row => ({ id: row.id, inbound: JSON.parse(row.body) as Inbound }))

/** Drops the plaintext of what the core has. */
export const dropInbound = (db: Db, upTo: number): void =>
  void prepared(db, 'DELETE FROM inbound WHERE id <= ?').run(upTo)

/** Remembers for a while from which device a message came: a later edit may come from another. */
export const noteHeard = (db: Db, sender: string, device: number, timestamp: number): void =>
  void prepared(db, "INSERT OR REPLACE INTO record (kind, key, value, at) VALUES ('heard', ?, ?, ?)").run(
    `${sender} ${timestamp}`,
    Buffer.from([device]),
    Date.now(),
  )

export const heardDevice = (db: Db, sender: string, timestamp: number): number | undefined =>
  prepared<[string], Buffer>(db, "SELECT value FROM record WHERE kind = 'heard' AND key = ?")
    .pluck()
    .get(`${sender} ${timestamp}`)?.[0]

/** Signal lets messages be edited and deleted for a day; some clients for longer. */
const heardMs = 7 * 24 * 3600_000

export const pruneHeard = (db: Db, now: number): void =>
  void prepared(db, "DELETE FROM record WHERE kind = 'heard' AND at < ?").run(now - heardMs)
