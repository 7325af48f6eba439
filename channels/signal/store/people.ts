// Those who wrote or were written to: names, profile keys, how to reach them, whether they are still themselves.
import { base64 } from '../bytes.ts'
import type { Db } from './database.ts'
import { prepared } from './prepared.ts'

export interface Person {
  readonly aci: string
  readonly number: string | null
  readonly contact_name: string | null
  readonly profile_name: string | null
  readonly profile_key: Uint8Array | null
  readonly profile_fetched_at: number | null
  readonly sealed: 0 | 1
  readonly blocked: 0 | 1
  readonly unverified_since: number | null
  readonly via_pni: 0 | 1
  readonly expire_timer: number
  readonly expire_version: number
}

const nobody = {
  number: null,
  contact_name: null,
  profile_name: null,
  profile_key: null,
  profile_fetched_at: null,
  sealed: 1,
  blocked: 0,
  unverified_since: null,
  via_pni: 0,
  expire_timer: 0,
  expire_version: 1,
} as const

/** What is known of somebody; of a stranger, nothing. */
export const readPerson = (db: Db, aci: string): Person =>
  prepared<[string], Person>(db, 'SELECT * FROM person WHERE aci = ?').get(aci) ?? { aci, ...nobody }

/** The name to show: as the phone's owner wrote it, else as they call themselves, else their number. */
export const nameOf = (person: Person): string =>
  person.contact_name || person.profile_name || person.number || 'Signal user'

/** Changes some facts of a person, known or not. */
export function updatePerson(db: Db, aci: string, facts: Partial<Omit<Person, 'aci'>>): void {
  const names = Object.keys(facts)
  if (names.length === 0) return
  prepared(
    db,
    `INSERT INTO person (aci, ${names.join(', ')}) VALUES (@aci, ${names.map(name => `@${name}`).join(', ')})
     ON CONFLICT DO UPDATE SET ${names.map(name => `${name} = excluded.${name}`).join(', ')}`,
  ).run({ aci, ...facts })
}

/** Keeps a profile key; a new one opens sealed sending and the name again. */
export function learnProfileKey(db: Db, aci: string, key: Uint8Array): void {
  if (key.length !== 32) return
  const known = readPerson(db, aci).profile_key
  if (known && base64(known) === base64(key)) return
  updatePerson(db, aci, { profile_key: key, sealed: 1, profile_fetched_at: null })
}

/** Whom the phone's owner blocks; who is not named is blocked no longer. */
export function replaceBlocked(
  db: Db,
  blocked: {
    readonly acis: readonly string[]
    readonly numbers: readonly string[]
    readonly rooms: readonly string[]
  },
): void {
  db.exec('UPDATE person SET blocked = 0 WHERE blocked = 1; UPDATE room SET blocked = 0 WHERE blocked = 1')
  for (const aci of blocked.acis) updatePerson(db, aci, { blocked: 1 })
  for (const number of blocked.numbers)
    prepared(db, 'UPDATE person SET blocked = 1 WHERE number = ?').run(number)
  for (const room of blocked.rooms) prepared(db, 'UPDATE room SET blocked = 1 WHERE id = ?').run(room)
}
