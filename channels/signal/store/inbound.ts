// Messages that were decrypted and acknowledged to Signal, until the core has stored them.
import type { Inbound } from '../../../src/channel.ts'
import type { Db } from './database.ts'

export interface WaitingMessage {
  readonly id: number
  readonly inbound: Inbound
}

/** Keeps a message; the same one twice is kept once. Call inside a commit. */
export const keepInbound = (db: Db, inbound: Inbound): void =>
  void db
    .prepare('INSERT INTO inbound (external_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING')
    .run(inbound.externalId, JSON.stringify(inbound))

/** The oldest messages after `id`. */
export const waitingInbound = (db: Db, after: number, limit: number): WaitingMessage[] =>
  db
    .prepare<[number, number], { id: number; body: string }>(
      'SELECT id, body FROM inbound WHERE id > ? ORDER BY id LIMIT ?',
    )
    .all(after, limit)
    .map(row => ({ id: row.id, inbound: JSON.parse(row.body) as Inbound }))

/** Drops the plaintext of what the core has. */
export const dropInbound = (db: Db, upTo: number): void =>
  void db.prepare('DELETE FROM inbound WHERE id <= ?').run(upTo)
