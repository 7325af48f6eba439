// Deliberate changes: write, pin, promote, alias. Each under the clearance of who asks, each recorded with them.
import { CoopError } from '../errors.ts'
import { type Origin, origins } from '../store/entry.ts'
import { termsOf } from './analyse.ts'
import { removeBits } from './bits.ts'
import type { Shelf } from './files.ts'
import { hashOf, insertRow, uncountPeople } from './insert.ts'
import { embeddedTo } from './nearest.ts'
import { writeNote } from './note.ts'
import type { Memo, Row } from './row.ts'
import { type Found, find, notFound, type Scope, shown, targetOf, writable } from './scope.ts'
import { holdsSecret } from './secrets.ts'
import { storeOf } from './shelves.ts'
import { unbury } from './tombstone.ts'

/** The most bytes of one memory. */
export const maxTextBytes = 64 * 1024
const maxAliases = 10_000

/** On whose word something is changed. */
export interface Asking {
  /** The name it is shown under. */
  readonly name: string | null
  /** The worst origin in the prompt of the turn that asks. */
  readonly origin: Origin
  /** Idempotency key: the same write again is the same row. */
  readonly key: string | null
}

export interface Note {
  readonly text: string
  readonly title?: string
  /** A store's name, or "personal"; the narrowest common one that may be changed if absent. */
  readonly store?: string
  readonly people?: readonly string[]
  /** The id of the memory that this replaces. */
  readonly replaces?: string
  readonly pinned?: boolean
  /** From when on it is so, milliseconds since 1970; what it replaces was so until then. Default now. */
  readonly since?: number
}

/** Text from outside, or derived from it, is never a person's word. */
export const isOutside = (origin: Origin): boolean => origin === 'outside' || origin === 'derived'

/** A text already there is confirmed, not doubled. Throws `input_invalid` for one that cannot be kept, `not_permitted` for its store. */
export function write(scope: Scope, note: Note, by: Asking): Memo {
  checkText(note)
  const shelf = scope.files.shelf(targetOf(scope, note.store))
  const row = shelf.db.transaction(() => {
    const again = by.key === null ? undefined : withKey(shelf, by.key)
    if (again) return again
    const outside = isOutside(by.origin)
    const old = note.replaces === undefined ? undefined : replaceable(scope, shelf, note.replaces, by.origin)
    const text = note.title ? `${note.title}\n${note.text}` : note.text
    const same = sameFact(shelf, text)
    if (same && !old) return confirm(shelf, same, by, scope.now(), note.pinned === true && !outside)
    unbury(shelf, text)
    const now = scope.now()
    const uid = scope.uid()
    insertRow(shelf, {
      uid,
      key: by.key,
      kind: 'fact',
      title: note.title ?? null,
      body: note.text,
      saidBy: by.name,
      author: scope.clearance.person,
      people: note.people ?? [],
      at: now,
      recordedAt: now,
      ...(note.since === undefined ? {} : { validFrom: note.since }),
      origin: outside ? 'tool' : 'said',
      originTrust: by.origin,
    })
    if (old) supersede(shelf, old, uid, note.since ?? now)
    if (note.pinned && !outside) setPin(shelf, uid, true, now)
    return rowOf(shelf, uid)
  })()
  return shown({ shelf, row })
}

/** Keeps a memory in every prompt of those who may read it, or lets it go. Never text from outside. */
export function pin(scope: Scope, id: string, on: boolean, by: Asking): Memo {
  const { shelf, row } = changeable(scope, id)
  if (on && (row.origin === 'tool' || isOutside(by.origin))) {
    throw new CoopError('not_permitted', 'What came from outside is never pinned.')
  }
  setPin(shelf, row.uid, on, scope.now())
  return shown({ shelf, row: rowOf(shelf, row.uid) })
}

/** Lets a memory go to a wider store, and records who did. A fact moves; of a turn a copy does. */
export function promote(scope: Scope, id: string, to: string, by: Asking): Memo {
  const before = promoted(scope, id)
  if (before) return before
  const { shelf: from, row } = found(scope, id)
  if (!writable(scope).some(ref => ref.id === from.ref.id && ref.owner === from.ref.owner)) throw notFound(id)
  const target = scope.files.shelf(targetOf(scope, to))
  if (widths.indexOf(target.ref.id) <= widths.indexOf(from.ref.id)) {
    throw new CoopError('input_invalid', `${storeOf(target.ref)} is not wider than where it is.`)
  }
  const key = `promote:${row.uid}:${target.ref.id}`
  const now = scope.now()
  const moved = target.db.transaction(() => {
    const again = withKey(target, key)
    if (again) return again
    const uid = scope.uid()
    insertRow(target, {
      uid,
      key,
      kind: row.kind === 'summary' ? 'summary' : 'fact',
      title: row.title,
      body: row.body,
      saidBy: row.said_by,
      author: scope.clearance.person,
      people: JSON.parse(row.people) as string[],
      at: row.at,
      recordedAt: now,
      origin: row.origin,
      originTrust: isOutside(by.origin) ? by.origin : row.origin_trust,
    })
    target
      .sql(
        'INSERT INTO promotion (from_uid, to_uid, from_store, to_store, by_person, at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(row.uid, uid, storeOf(from.ref), storeOf(target.ref), scope.clearance.person, now)
    return rowOf(target, uid)
  })()
  if (row.kind !== 'turn') removeRow(from, row)
  return shown({ shelf: target, row: moved })
}

/** Teaches another name of somebody, for one store. */
export function alias(scope: Scope, name: string, person: string, store?: string): void {
  const shelf = scope.files.shelf(targetOf(scope, store))
  const spoken = termsOf(name).join(' ')
  if (!spoken || !person.trim() || name.length > 100 || person.length > 100) {
    throw new CoopError('input_invalid', 'An alias is a name and whom it means, each up to 100 letters.')
  }
  const { count } = shelf.sql(`SELECT count(*) AS count FROM ${shelf.tables.alias}`).get() as {
    count: number
  }
  if (count >= maxAliases)
    throw new CoopError('input_invalid', `A store holds at most ${maxAliases} aliases.`)
  shelf
    .sql(`INSERT INTO ${shelf.tables.alias} VALUES (?, ?) ON CONFLICT DO NOTHING`)
    .run(spoken, person.trim())
}

/** Whether somebody's word may end a row: their own always, another's only from the same level or above. */
export function mayReplace(old: Row, author: string | null, origin: Origin): boolean {
  if (author === null) return false
  if (isOutside(origin)) return old.origin === 'tool'
  return old.author === author || origins.indexOf(origin) >= origins.indexOf(old.origin_trust as Origin)
}

/** Ends a row's validity without losing it. */
export function supersede(shelf: Shelf, old: Row, by: string, now: number): void {
  shelf
    .sql(`UPDATE ${shelf.tables.mem} SET valid_to = ?, superseded_by = ?, pinned = 0 WHERE uid = ?`)
    .run(now, by, old.uid)
}

/** Counts that a fact was said again. */
export function confirm(shelf: Shelf, row: Row, by: Asking, now: number, pinned = false): Row {
  const raise = row.origin === 'tool' && !isOutside(by.origin)
  shelf
    .sql(
      `UPDATE ${shelf.tables.mem} SET confirmations = confirmations + 1, confirmed_at = ?${pinned ? ', pinned = 1' : ''}
       ${raise ? ", origin = 'said', origin_trust = ?" : ''} WHERE uid = ?`,
    )
    .run(now, ...(raise ? [by.origin] : []), row.uid)
  return rowOf(shelf, row.uid)
}

/** The current fact of exactly this text on this shelf. */
export const sameFact = (shelf: Shelf, text: string): Row | undefined =>
  shelf
    .sql(`SELECT * FROM ${shelf.tables.mem} WHERE hash = ? AND kind = 'fact' AND superseded_by IS NULL`)
    .get(hashOf(text)) as Row | undefined

const withKey = (shelf: Shelf, key: string): Row | undefined =>
  shelf.sql(`SELECT * FROM ${shelf.tables.mem} WHERE key = ?`).get(key) as Row | undefined

/** Deletes a row with its names, links and vector; the text index follows by trigger. */
export function removeRow(shelf: Shelf, row: Row): void {
  const { mem, evidence, embedded } = shelf.tables
  shelf.db.transaction(() => {
    uncountPeople(shelf, row)
    shelf.sql(`DELETE FROM ${evidence} WHERE fact = ? OR turn = ?`).run(row.uid, row.uid)
    const vector = shelf.sql(`DELETE FROM ${embedded} WHERE id = ?`).run(row.id).changes > 0
    if (vector) {
      shelf.sql(`DELETE FROM ${shelf.tables.vec} WHERE id = ?`).run(BigInt(row.id))
      removeBits(shelf, row.id)
      const { last } = shelf.sql(`SELECT max(id) AS last FROM ${mem}`).get() as { last: number }
      if (last === row.id) writeNote(shelf.db, embeddedTo(shelf.ref.id), String(row.id - 1))
    }
    shelf.sql(`DELETE FROM ${mem} WHERE id = ?`).run(row.id)
  })()
}

/** A row that this clearance reads; one it does not is not found. */
export function found(scope: Scope, id: string): Found {
  const hit = find(scope.shelves(), id)
  if (!hit) throw notFound(id)
  return hit
}

/** A row that this clearance reads and may change; any other is not found. */
function changeable(scope: Scope, id: string): Found {
  const hit = found(scope, id)
  const open = writable(scope).some(ref => ref.id === hit.shelf.ref.id && ref.owner === hit.shelf.ref.owner)
  if (!open) throw notFound(id)
  return hit
}

/** What a fact became that was moved already: the same promotion again is the same row. */
function promoted(scope: Scope, id: string): Memo | undefined {
  const shelves = scope.shelves()
  if (find(shelves, id) || !/^[0-9a-f]{8,32}$/.test(id)) return undefined
  for (const shelf of shelves.filter(({ ref }) => ref.owner === null)) {
    const hit = shelf
      .sql('SELECT to_uid FROM promotion WHERE from_uid >= ? AND from_uid < ? AND by_person = ?')
      .get(id, `${id}g`, scope.clearance.person)
    const now = hit ? find([shelf], (hit as { to_uid: string }).to_uid) : undefined
    if (now) return shown(now)
  }
  return undefined
}

/** From the narrowest to the widest. */
const widths = ['full', 'inner', 'familiar', 'private', 'shared', 'social']

const rowOf = (shelf: Shelf, uid: string): Row =>
  shelf.sql(`SELECT * FROM ${shelf.tables.mem} WHERE uid = ?`).get(uid) as Row

function setPin(shelf: Shelf, uid: string, on: boolean, now: number): void {
  shelf
    .sql(`UPDATE ${shelf.tables.mem} SET pinned = ?, confirmed_at = coalesce(confirmed_at, ?) WHERE uid = ?`)
    .run(on ? 1 : 0, now, uid)
}

function replaceable(scope: Scope, shelf: Shelf, id: string, origin: Origin): Row {
  const { shelf: home, row } = changeable(scope, id)
  if (home.ref.id !== shelf.ref.id || home.ref.owner !== shelf.ref.owner) {
    throw new CoopError(
      'input_invalid',
      `${row.uid.slice(0, 8)} is in ${storeOf(home.ref)}; a correction stays in its store.`,
    )
  }
  if (!mayReplace(row, scope.clearance.person, origin)) {
    throw new CoopError(
      'not_permitted',
      'What came from outside, or from below, does not replace what a person said.',
    )
  }
  return row
}

function checkText(note: Note): void {
  if (note.since !== undefined && !Number.isFinite(note.since))
    throw new CoopError('input_invalid', 'since is no date; write one as 2026-01-31.')
  const bytes = Buffer.byteLength(note.text) + Buffer.byteLength(note.title ?? '')
  if (note.text.trim() === '') throw new CoopError('input_invalid', 'A memory needs a text.')
  if (bytes > maxTextBytes) {
    throw new CoopError(
      'input_invalid',
      `A memory holds at most ${maxTextBytes / 1024} KB; this is ${Math.ceil(bytes / 1024)} KB.`,
    )
  }
  if (holdsSecret(note.text) || holdsSecret(note.title ?? '')) {
    throw new CoopError(
      'input_invalid',
      'This holds a key, a password or a card number; memory keeps none of these.',
    )
  }
}
