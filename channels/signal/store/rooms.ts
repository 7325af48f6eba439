// Groups as rows: what messages said of them, and what was read of them.
import type { Db } from './database.ts'
import { prepared } from './prepared.ts'

export interface Room {
  /** Hex of the group identifier. */
  readonly id: string
  readonly master_key: Uint8Array
  /** The newest revision that anybody mentioned. */
  readonly seen_revision: number
  /** The revision that title and members are of; null before the first fetch. */
  readonly revision: number | null
  readonly title: string | null
  /** JSON list of accounts, ours included. */
  readonly members: string | null
  readonly fetched_at: number | null
  readonly blocked: 0 | 1
  readonly expire_timer: number
}

export const readRoom = (db: Db, id: string): Room | undefined =>
  prepared<[string], Room>(db, 'SELECT * FROM room WHERE id = ?').get(id)

/** Notes that a group exists, and that it has at least this revision. */
export const noteRoom = (db: Db, id: string, masterKey: Uint8Array, revision: number): void =>
  void prepared(
    db,
    `INSERT INTO room (id, master_key, seen_revision) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET seen_revision = max(seen_revision, excluded.seen_revision)`,
  ).run(id, masterKey, revision)

export interface RoomState {
  readonly revision: number
  readonly title: string
  readonly members: readonly string[]
  readonly expireTimer: number
}

/**
 * Keeps what the server answered; `before` is the row from before it was asked. The server knows
 * best how new the group is, so a member who claimed more does not keep it stale; but what was
 * mentioned meanwhile may be newer than the answer.
 */
export const keepRoomState = (db: Db, before: Room, state: RoomState, now: number): void =>
  void prepared(
    db,
    `UPDATE room SET revision = @revision, title = @title, members = @members, fetched_at = @now, expire_timer = @expireTimer,
         seen_revision = CASE WHEN seen_revision > @before THEN max(seen_revision, @revision) ELSE @revision END
       WHERE id = @id`,
  ).run({
    ...state,
    id: before.id,
    before: before.seen_revision,
    members: JSON.stringify(state.members),
    now,
  })

/** What the server answered is what we hold. */
export const confirmRoomState = (db: Db, before: Room, now: number): void =>
  void prepared(
    db,
    `UPDATE room SET fetched_at = @now, seen_revision = CASE WHEN seen_revision > @seen THEN seen_revision ELSE @revision END
       WHERE id = @id`,
  ).run({ id: before.id, now, seen: before.seen_revision, revision: before.revision })

/** The server does not show the group to us: nothing is known of who is in it. */
export const forgetRoomState = (db: Db, id: string): void =>
  void prepared(db, 'UPDATE room SET members = NULL, revision = NULL WHERE id = ?').run(id)

export const blockRoom = (db: Db, id: string, blocked: boolean): void =>
  void prepared(db, 'UPDATE room SET blocked = ? WHERE id = ?').run(blocked ? 1 : 0, id)
