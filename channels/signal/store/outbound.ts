// What goes out: a fixed timestamp, the content, and for each recipient the bytes for their devices.
import type { DeviceMessage } from '../server.ts'
import type { Db } from './database.ts'
import { prepared } from './prepared.ts'

export interface OutboundRow {
  readonly key: string
  readonly timestamp: number
  /** A serialized `Content`; empty once it is kept no longer. */
  readonly content: Uint8Array
  readonly sent_at: number | null
}

export interface PartRow {
  readonly key: string
  /** An account's uuid. Our own: the copy for our other devices. */
  readonly recipient: string
  readonly sealed: boolean
  readonly messages: readonly DeviceMessage[]
  readonly state: 'ready' | 'sent' | 'gone'
  readonly attempts: number
  readonly resends: number
}

type StoredPart = Omit<PartRow, 'sealed' | 'messages'> & { sealed: 0 | 1; messages: string }

/** How long sent content is kept for devices that ask again. */
export const sendLogMs = 14 * 24 * 3600_000

export const readOutbound = (db: Db, key: string): OutboundRow | undefined =>
  prepared<[string], OutboundRow>(
    db,
    'SELECT key, timestamp, content, sent_at FROM outbound WHERE key = ?',
  ).get(key)

export const outboundAt = (db: Db, timestamp: number): OutboundRow | undefined =>
  prepared<[number], OutboundRow>(
    db,
    'SELECT key, timestamp, content, sent_at FROM outbound WHERE timestamp = ?',
  ).get(timestamp)

export const readParts = (db: Db, key: string): PartRow[] =>
  prepared<[string], StoredPart>(db, 'SELECT * FROM outbound_part WHERE key = ? ORDER BY recipient')
    .all(key)
    .map(row => ({ ...row, sealed: row.sealed === 1, messages: JSON.parse(row.messages) as DeviceMessage[] }))

/** Keys of sent messages whose part for `recipient` is not out yet. */
export const openParts = (db: Db, recipient: string): string[] =>
  prepared<[string], string>(
    db,
    "SELECT key FROM outbound_part JOIN outbound USING (key) WHERE recipient = ? AND state = 'ready' AND sent_at IS NOT NULL",
  )
    .pluck()
    .all(recipient)

/** A timestamp that no earlier message of ours has. */
export function nextTimestamp(db: Db, now: number): number {
  const last = prepared<[], number | null>(db, 'SELECT max(timestamp) FROM outbound').pluck().get() ?? 0
  return Math.max(now, last + 1)
}

export const addOutbound = (
  db: Db,
  key: string,
  timestamp: number,
  content: Uint8Array,
  keepMs: number,
): void =>
  void prepared(db, 'INSERT INTO outbound (key, timestamp, content, keep_until) VALUES (?, ?, ?, ?)').run(
    key,
    timestamp,
    content,
    timestamp + keepMs,
  )

/** Sets the bytes for a recipient, first or anew. */
export const putPart = (
  db: Db,
  key: string,
  recipient: string,
  sealed: boolean,
  messages: readonly DeviceMessage[],
): void =>
  void prepared(
    db,
    `INSERT INTO outbound_part (key, recipient, sealed, messages, state) VALUES (?, ?, ?, ?, 'ready')
       ON CONFLICT DO UPDATE SET sealed = excluded.sealed, messages = excluded.messages, state = 'ready', attempts = 0`,
  ).run(key, recipient, sealed ? 1 : 0, JSON.stringify(messages))

/** Counts a try that failed without saying whether the message went out. */
export const countAttempt = (db: Db, key: string, recipient: string): void =>
  void prepared(db, 'UPDATE outbound_part SET attempts = attempts + 1 WHERE key = ? AND recipient = ?').run(
    key,
    recipient,
  )

export const countResend = (db: Db, key: string, recipient: string): void =>
  void prepared(db, 'UPDATE outbound_part SET resends = resends + 1 WHERE key = ? AND recipient = ?').run(
    key,
    recipient,
  )

/** The bytes are not needed any more once the server has them. */
export const endPart = (db: Db, key: string, recipient: string, state: 'sent' | 'gone'): void =>
  void prepared(
    db,
    "UPDATE outbound_part SET state = ?, messages = '[]' WHERE key = ? AND recipient = ?",
  ).run(state, key, recipient)

export const markSent = (db: Db, key: string, now: number): void =>
  void prepared(db, 'UPDATE outbound SET sent_at = ? WHERE key = ?').run(now, key)

/** Forgets content that is kept no longer; that it was sent stays known, so that no repeat of its key goes out. */
export function pruneOutbound(db: Db, now: number): void {
  prepared(
    db,
    "UPDATE outbound SET content = x'' WHERE sent_at IS NOT NULL AND keep_until < ? AND length(content) > 0",
  ).run(now)
  prepared(db, 'DELETE FROM outbound WHERE sent_at IS NOT NULL AND timestamp < ?').run(now - sendLogMs)
}
