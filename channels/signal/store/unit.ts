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

/** Runs units one after another; everything that touches a session goes through here. */
export interface Units {
  /**
   * Runs `work`, then commits what it collected in one transaction; resolves when that is on the disk.
   * If `work` throws, nothing is written. If the disk refuses, nothing may be acknowledged.
   */
  run<T>(work: (unit: Unit) => Promise<T> | T): Promise<T>
  /**
   * The same for work that comes in bursts: what waits is committed together. Such work must
   * not depend on rows that other work of the burst writes.
   */
  runInBurst<T>(work: (unit: Unit) => Promise<T> | T): Promise<T>
  /** Writes something with the next commit, or soon; it may be lost in a crash. */
  later(write: (db: Db) => void): void
  /** Resolves when what was committed so far is on the disk. */
  flushed(): Promise<void>
  /** Resolves when everything asked for so far is done. */
  idle(): Promise<void>
}

export interface UnitsOptions {
  /** Brings all commits to the disk; does nothing where each commit does. */
  readonly flushed: () => Promise<void>
  /** Told of each commit of what came in, before it is on the disk. */
  readonly received?: () => void
}

/** So many units are committed together at most. */
const mostTogether = 64
const soonMs = 200

interface Entry {
  readonly kind: RecordKind
  readonly key: string
  readonly value: Bytes | undefined
}

/** What is written by the next commit. */
interface Pending {
  readonly entries: Map<string, Entry>
  readonly writes: ((db: Db) => void)[]
}

interface Waiting {
  readonly burst: boolean
  /** Runs the work; says whether there is something of it to commit. */
  readonly work: (pending: Pending) => Promise<'failed' | 'read' | 'wrote'>
  readonly committed: () => void
  readonly failed: (cause: unknown) => void
}

export function openUnits(db: Db, { flushed, received }: UnitsOptions): Units {
  const rows = openRows(db)
  const queue: Waiting[] = []
  let soon: NodeJS.Timeout | undefined
  let overdue: ((db: Db) => void)[] = []
  let busy = false
  let flushing: Promise<unknown> = Promise.resolve()

  const commit = db.transaction(({ entries, writes }: Pending) => {
    for (const { kind, key, value } of entries.values()) {
      if (value) rows.put.run(kind, key, value, Date.now())
      else rows.remove.run(kind, key)
    }
    for (const write of writes) write(db)
  })

  async function workOff(): Promise<void> {
    for (let first = queue.shift(); first; first = queue.shift()) {
      const pending: Pending = { entries: new Map(), writes: [] }
      const readers: Waiting[] = []
      const writers: Waiting[] = []
      for (let next: Waiting | undefined = first, count = 1; next; next = joining(first, count++)) {
        const end = await next.work(pending)
        if (end === 'read') readers.push(next)
        if (end === 'wrote') writers.push(next)
      }
      try {
        const writes = overdue
        overdue = []
        pending.writes.push(...writes)
        if (pending.entries.size + pending.writes.length > 0) commit.immediate(pending)
        if (first.burst && writers.length > 0) received?.()
        for (const one of readers) one.committed()
        if (writers.length > 0) flushing = settle(writers)
      } catch (cause) {
        for (const one of [...readers, ...writers]) one.failed(cause)
      }
    }
    busy = false
  }

  /** The next units do not wait for the disk: whoever asked for these does. */
  async function settle(writers: readonly Waiting[]): Promise<void> {
    try {
      await flushed()
      for (const one of writers) one.committed()
    } catch (cause) {
      for (const one of writers) one.failed(cause)
    }
  }

  const joining = (first: Waiting, already: number): Waiting | undefined =>
    first.burst && queue[0]?.burst && already < mostTogether ? queue.shift() : undefined

  function add<T>(burst: boolean, work: (unit: Unit) => Promise<T> | T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let result: T
    queue.push({
      burst,
      async work(pending) {
        const { unit, take } = openUnit(rows, pending)
        try {
          result = await work(unit)
        } catch (cause) {
          reject(cause)
          return 'failed'
        }
        return take() ? 'wrote' : 'read'
      },
      committed: () => resolve(result),
      failed: reject,
    })
    if (!busy) {
      busy = true
      void workOff()
    }
    return promise
  }

  return {
    run: work => add(false, work),
    runInBurst: work => add(true, work),
    later(write) {
      overdue.push(write)
      soon ??= setTimeout(() => {
        soon = undefined
        if (overdue.length > 0) add(false, () => undefined).catch(() => undefined)
      }, soonMs)
    },
    flushed,
    async idle() {
      clearTimeout(soon)
      soon = undefined
      await add(false, () => undefined).catch(() => undefined)
      await flushing
    },
  }
}

type Rows = ReturnType<typeof openRows>

const openRows = (db: Db) => ({
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
function openUnit(rows: Rows, pending: Pending): { readonly unit: Unit; readonly take: () => boolean } {
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
