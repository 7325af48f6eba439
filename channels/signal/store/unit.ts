// The unit of work: a ratchet step and the message that belongs to it, collected to be committed together or not at all.
import { type Bytes, bytes } from '../bytes.ts'
import type { Db } from './database.ts'

/** Kinds of opaque records. Those of one of our two identities carry `aci` or `pni` in their key. */
export type RecordKind =
  | 'session'
  | 'identity'
  | 'prekey'
  | 'signed_prekey'
  | 'kyber_prekey'
  | 'kyber_last_resort'
  | 'kyber_used'
  | 'sender_key'
  | 'unverified'
  | 'heard'
  | 'sender_key_shared'

/**
 * Collects writes while the asynchronous protocol library works. It reads what was written
 * in the same unit first; the database sees nothing until the commit.
 */
export interface Unit {
  get(kind: RecordKind, key: string): Bytes | undefined
  put(kind: RecordKind, key: string, value: Uint8Array): void
  remove(kind: RecordKind, key: string): void
  /** Keys of `kind` that begin with `prefix`, in order. */
  keys(kind: RecordKind, prefix: string): string[]
  /** Runs inside the commit, after the records. */
  atCommit(write: (db: Db) => void): void
}

interface Entry {
  readonly kind: RecordKind
  readonly key: string
  readonly value: Bytes | undefined
}

/** What is written by the next commit. */
export interface Pending {
  readonly entries: Map<string, Entry>
  readonly writes: ((db: Db) => void)[]
}

export type Rows = ReturnType<typeof openRows>

export const openRows = (db: Db) => ({
  get: db.prepare<[string, string], Buffer>('SELECT value FROM record WHERE kind = ? AND key = ?').pluck(),
  put: db.prepare(
    'INSERT INTO record (kind, key, value, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  ),
  remove: db.prepare('DELETE FROM record WHERE kind = ? AND key = ?'),
  range: db
    .prepare<[string, string, string], string>(
      'SELECT key FROM record WHERE kind = ? AND key >= ? AND key < ? ORDER BY key',
    )
    .pluck(),
})

/** A unit over what is pending and the database; `take` adds what it collected to what is pending, if it is something. */
export function openUnit(
  rows: Rows,
  pending: Pending,
): { readonly unit: Unit; readonly take: () => boolean } {
  const own = new Map<string, Entry>()
  const writes: ((db: Db) => void)[] = []
  const name = (kind: RecordKind, key: string) => `${kind} ${key}`
  const set = (kind: RecordKind, key: string, value: Bytes | undefined) =>
    void own.set(name(kind, key), { kind, key, value })
  const unit: Unit = {
    get(kind, key) {
      const written = own.get(name(kind, key)) ?? pending.entries.get(name(kind, key))
      if (written) return written.value
      const stored = rows.get.get(kind, key)
      return stored && bytes(stored)
    },
    put: (kind, key, value) => set(kind, key, bytes(value)),
    remove: (kind, key) => set(kind, key, undefined),
    keys(kind, prefix) {
      const found = new Set(rows.range.all(kind, prefix, `${prefix}\u{10ffff}`))
      for (const entry of [...pending.entries.values(), ...own.values()]) {
        if (entry.kind !== kind || !entry.key.startsWith(prefix)) continue
        if (entry.value) found.add(entry.key)
        else found.delete(entry.key)
      }
      return [...found].sort()
    },
    atCommit: write => void writes.push(write),
  }
  return {
    unit,
    take() {
      for (const [key, entry] of own) pending.entries.set(key, entry)
      pending.writes.push(...writes)
      return own.size + writes.length > 0
    },
  }
}
