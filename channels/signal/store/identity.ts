// Identity keys of others: the first is taken on trust, a new one is marked until the owner confirms it.
import type { Db } from './database.ts'
import { readPerson } from './people.ts'
import { prepared } from './prepared.ts'
import type { Unit } from './unit.ts'

/**
 * Keeps the identity key of a service id. True when it replaces another one: then the person
 * is unverified, and stays so through further changes until confirmed.
 */
export function recordIdentity(unit: Unit, serviceId: string, key: Uint8Array): boolean {
  const known = unit.get('identity', serviceId)
  if (known && Buffer.compare(known, key) === 0) return false
  unit.put('identity', serviceId, key)
  if (!known) return false
  unit.atCommit(db =>
    prepared(
      db,
      `INSERT INTO person (aci, unverified_since) VALUES (?, ?)
         ON CONFLICT DO UPDATE SET unverified_since = coalesce(unverified_since, excluded.unverified_since)`,
    ).run(serviceId, Date.now()),
  )
  return true
}

export const isUnverified = (db: Db, aci: string): boolean => readPerson(db, aci).unverified_since !== null

/** Remembers that a message came from an unverified person: a reply to it was written knowing that. */
export const noteUnverified = (db: Db, aci: string, externalId: string): void =>
  void prepared(
    db,
    "INSERT OR IGNORE INTO record (kind, key, value, at) VALUES ('unverified', ?, x'01', ?)",
  ).run(`${aci} ${externalId}`, Date.now())

/**
 * Whether something may be sent to a person. While they are unverified only replies may, to
 * messages that came since: all else was written for whoever held the account before.
 */
export function mayReceive(db: Db, aci: string, answers: string | undefined): boolean {
  if (!isUnverified(db, aci)) return true
  if (answers === undefined) return false
  return (
    prepared(db, "SELECT 1 FROM record WHERE kind = 'unverified' AND key = ?").get(`${aci} ${answers}`) !==
    undefined
  )
}

/** Those whose identity changed and who wait for the owner's word. */
export const listUnverified = (db: Db): { aci: string; since: number }[] =>
  prepared<[], { aci: string; since: number }>(
    db,
    'SELECT aci, unverified_since AS since FROM person WHERE unverified_since IS NOT NULL',
  ).all()

/** Says that whoever holds `aci` now is the person again. False if nothing was to confirm. */
export function confirmIdentity(db: Db, aci: string): boolean {
  return db
    .transaction(() => {
      prepared(db, "DELETE FROM record WHERE kind = 'unverified' AND key >= ? AND key < ?").run(
        `${aci} `,
        `${aci}!`,
      )
      return (
        prepared(
          db,
          'UPDATE person SET unverified_since = NULL WHERE aci = ? AND unverified_since IS NOT NULL',
        ).run(aci).changes === 1
      )
    })
    .immediate()
}
