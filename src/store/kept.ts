// The newest part of each session, kept in memory between turns: a turn reads only what was added since.
import type { Db } from './database.ts'
import type { Entry } from './entry.ts'

/** What was asked for: the answer for another epoch, window or clearance is another answer. */
export interface Asked {
  readonly session: string
  readonly epoch: number
  readonly from: number
  /** The compartments that the reader opens. */
  readonly reads: readonly string[]
}

export interface Kept {
  /** The entries asked for, oldest first; `load` reads those from an id on. */
  entries(
    asked: Asked,
    load: (from: number) => { readonly entries: Entry[]; readonly newest: number },
  ): Entry[]
}

interface Window {
  readonly shape: string
  readonly entries: Entry[]
  /** The newest entry looked at, covered or not. */
  newest: number
}

/** Entries kept in all; a household's sessions are rarely half as long together. */
const most = 20_000

/** Windows are dropped by whatever changes or deletes an entry of theirs, from this process or another. */
export function openKept(db: Db): Kept {
  const windows = new Map<string, Window>()
  const changes = db.prepare<[], number>('PRAGMA data_version').pluck()
  let changed = changes.get()
  let total = 0

  db.function('entry_changed', (session: unknown, id: unknown) => {
    const window = windows.get(String(session))
    if (window && Number(id) <= window.newest) drop(String(session))
    return null
  })
  for (const change of ['UPDATE', 'DELETE'])
    db.exec(
      `CREATE TEMP TRIGGER kept_${change} AFTER ${change} ON main.entry BEGIN SELECT entry_changed(OLD.session, OLD.id); END`,
    )

  function drop(session: string): void {
    total -= windows.get(session)?.entries.length ?? 0
    windows.delete(session)
  }

  return {
    entries({ session, epoch, from, reads }, load) {
      // What a transaction has not committed may never have been.
      if (db.inTransaction) return load(from).entries
      const now = changes.get()
      if (now !== changed) {
        windows.clear()
        total = 0
        changed = now
      }
      const shape = `${epoch} ${from} ${reads.join(' ')}`
      let window = windows.get(session)
      if (window && window.shape !== shape) drop(session)
      window = windows.get(session) ?? { shape, entries: [], newest: from - 1 }
      const added = load(window.newest + 1)
      window.entries.push(...added.entries)
      window.newest = Math.max(window.newest, added.newest)
      total += windows.has(session) ? added.entries.length : window.entries.length
      // The one used last goes last, so that the first is the one to drop.
      windows.delete(session)
      windows.set(session, window)
      for (const oldest of windows.keys()) {
        if (total <= most) break
        drop(oldest)
      }
      return [...window.entries]
    },
  }
}
