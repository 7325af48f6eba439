// The unit of work: a ratchet step and the message that belongs to it, committed together or not at all.
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

/** Runs units one after another; everything that touches a session goes through here. */
export interface Units {
  /**
   * Runs `work`, then commits what it collected in one transaction. If `work` throws, nothing
   * is written. If the commit throws, the disk refused, and nothing may be acknowledged.
   */
  run<T>(work: (unit: Unit) => Promise<T> | T): Promise<T>
  /** Resolves when everything asked for so far is done. */
  idle(): Promise<void>
}

export function openUnits(db: Db): Units {
  const get = db
    .prepare<[string, string], Buffer>('SELECT value FROM record WHERE kind = ? AND key = ?')
    .pluck()
  const put = db.prepare(
    'INSERT INTO record (kind, key, value, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const remove = db.prepare('DELETE FROM record WHERE kind = ? AND key = ?')
  const range = db
    .prepare<[string, string, string], string>(
      'SELECT key FROM record WHERE kind = ? AND key >= ? AND key < ? ORDER BY key',
    )
    .pluck()

  const open = () => {
    const overlay = new Map<string, { kind: RecordKind; key: string; value: Bytes | undefined }>()
    const writes: ((db: Db) => void)[] = []
    const name = (kind: RecordKind, key: string) => `${kind} ${key}`
    const unit: Unit = {
      get(kind, key) {
        const written = overlay.get(name(kind, key))
        if (written) return written.value
        const stored = get.get(kind, key)
        return stored && bytes(stored)
      },
      put: (kind, key, value) => void overlay.set(name(kind, key), { kind, key, value: bytes(value) }),
      remove: (kind, key) => void overlay.set(name(kind, key), { kind, key, value: undefined }),
      keys(kind, prefix) {
        const found = new Set(range.all(kind, prefix, `${prefix}\u{10ffff}`))
        for (const entry of overlay.values()) {
          if (entry.kind !== kind || !entry.key.startsWith(prefix)) continue
          if (entry.value) found.add(entry.key)
          else found.delete(entry.key)
        }
        return [...found].sort()
      },
      atCommit: write => void writes.push(write),
    }
    const commit = db.transaction(() => {
      for (const { kind, key, value } of overlay.values()) {
        if (value) put.run(kind, key, value, Date.now())
        else remove.run(kind, key)
      }
      for (const write of writes) write(db)
    })
    return { unit, commit: () => (overlay.size + writes.length > 0 ? commit.immediate() : undefined) }
  }

  let last: Promise<unknown> = Promise.resolve()
  return {
    run(work) {
      const turn = last.then(async () => {
        const { unit, commit } = open()
        const result = await work(unit)
        commit()
        return result
      })
      last = turn.catch(() => undefined)
      return turn
    },
    async idle() {
      await last
    },
  }
}
