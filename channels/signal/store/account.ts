// The linked device itself: who we are, with which keys, and whether the phone still knows us.
import { Aci, Pni } from '@signalapp/libsignal-client'
import { type Bytes, bytes } from '../bytes.ts'
import type { Db } from './database.ts'
import { prepared } from './prepared.ts'

/** Which of our two identities: the account, or its phone number. */
export type Own = 'aci' | 'pni'

export interface AccountRow {
  readonly state: 'pending' | 'linked' | 'unlinked'
  readonly aci: string
  /** Without its "PNI:" prefix. */
  readonly pni: string | null
  readonly number: string | null
  readonly device: number | null
  readonly password: string
  /** Serialized identity key pairs. */
  readonly aci_identity: Uint8Array
  readonly pni_identity: Uint8Array | null
  readonly aci_registration: number
  readonly pni_registration: number
  readonly profile_key: Uint8Array
  readonly entropy_pool: string | null
  readonly master_key: Uint8Array | null
  readonly linked_at: number
}

/** The account as the rest of the room sees it: always the newest row. */
export interface Account {
  readonly row: AccountRow
  readonly aci: Aci
  readonly pni: Pni | undefined
  readonly device: number
  identity(own: Own): Bytes
  registration(own: Own): number
  /** Reads the row anew after a commit that changed it. */
  refresh(): void
}

export const readAccount = (db: Db): AccountRow | undefined =>
  prepared<[], AccountRow>(db, 'SELECT * FROM account WHERE id = 1').get()

/** The account if it is linked. */
export function openAccount(db: Db): Account | undefined {
  const first = readAccount(db)
  if (first?.state !== 'linked' || first.device === null) return undefined
  let row = first
  return {
    get row() {
      return row
    },
    get aci() {
      return Aci.fromUuid(row.aci)
    },
    get pni() {
      return row.pni === null ? undefined : Pni.fromUuid(row.pni)
    },
    get device() {
      return row.device ?? 0
    },
    identity(own) {
      const pair = own === 'aci' ? row.aci_identity : row.pni_identity
      if (!pair) throw new Error('the account has no identity for its number')
      return bytes(pair)
    },
    registration: own => (own === 'aci' ? row.aci_registration : row.pni_registration),
    refresh() {
      row = readAccount(db) ?? row
    },
  }
}

/**
 * Writes the account before the server hears of it. What an earlier link left behind (sessions,
 * prekeys, unsent messages) belongs to another device; identity keys of others stay known.
 */
export function beginLink(db: Db, row: Omit<AccountRow, 'state' | 'device'>): void {
  db.transaction(() => {
    if (readAccount(db) && readAccount(db)?.aci !== row.aci)
      db.exec('DELETE FROM person; DELETE FROM room; DELETE FROM record')
    db.exec("DELETE FROM record WHERE kind <> 'identity'; DELETE FROM outbound; DELETE FROM setting")
    prepared(
      db,
      `INSERT OR REPLACE INTO account (id, state, aci, pni, number, device, password, aci_identity, pni_identity,
         aci_registration, pni_registration, profile_key, entropy_pool, master_key, linked_at)
       VALUES (1, 'pending', @aci, @pni, @number, NULL, @password, @aci_identity, @pni_identity,
         @aci_registration, @pni_registration, @profile_key, @entropy_pool, @master_key, @linked_at)`,
    ).run(row)
  }).immediate()
}

/** Completes a link with what the server answered. */
export const finishLink = (db: Db, device: number, pni: string | null): void =>
  void prepared(
    db,
    "UPDATE account SET state = 'linked', device = ?, pni = coalesce(?, pni) WHERE id = 1",
  ).run(device, pni)

/** The phone removed us, or we removed ourselves. */
export const markUnlinked = (db: Db): void =>
  void prepared(db, "UPDATE account SET state = 'unlinked' WHERE id = 1").run()

/** Removes what belongs to this device alone; who was met before stays known. */
export function forgetLink(db: Db): void {
  db.transaction(() => {
    markUnlinked(db)
    db.exec("DELETE FROM record WHERE kind <> 'identity'; DELETE FROM outbound; DELETE FROM setting")
  }).immediate()
}

/** Keys that the phone shares, of which the storage key is made. */
export function keepAccountKeys(db: Db, entropyPool: string, masterKey: Uint8Array): void {
  if (entropyPool) prepared(db, 'UPDATE account SET entropy_pool = ?').run(entropyPool)
  if (masterKey.length > 0) prepared(db, 'UPDATE account SET master_key = ?').run(masterKey)
}

/** The account has a new number. */
export const changeNumber = (
  db: Db,
  pni: string,
  identity: Uint8Array,
  registration: number,
  number: string | null,
): void =>
  void prepared(db, 'UPDATE account SET pni = ?, pni_identity = ?, pni_registration = ?, number = ?').run(
    pni,
    identity,
    registration,
    number,
  )

/** A small fact by name; see the table `setting`. */
export const getSetting = (db: Db, key: string): string | undefined =>
  prepared<[string], string>(db, 'SELECT value FROM setting WHERE key = ?').pluck().get(key)

export const putSetting = (db: Db, key: string, value: string): void =>
  void prepared(
    db,
    'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  ).run(key, value)
