// Takes what was remembered of some transcript entries out again: the chat that they stood in has let go of them.
import { refreshSession } from './context.ts'
import { emptyLog, withDerived } from './forget.ts'
import type { Row } from './row.ts'
import type { Room } from './scope.ts'
import { allShelves } from './upkeep.ts'
import { removeRow } from './write.ts'

/** A memory that is no more, for whoever showed it elsewhere. */
export interface Gone {
  readonly id: string
  readonly text: string
}

/**
 * Removes the words of these entries and what was inferred from them; what a person had written down on purpose
 * stays. Returns what is gone. For the gateway itself: it shows nothing to anybody.
 */
export async function expireEntries(room: Room, entries: readonly number[]): Promise<Gone[]> {
  const keys = JSON.stringify(entries.map(entry => `entry:${entry}`))
  const removed: Gone[] = []
  const owners = new Set<string | null>()
  for (const ref of allShelves(room)) {
    const shelf = room.files.existing(ref)
    if (!shelf) continue
    shelf.db.transaction(() => {
      const words = shelf
        .sql(`SELECT * FROM ${shelf.tables.mem} WHERE key IN (SELECT value FROM json_each(?))`)
        .all(keys) as Row[]
      if (words.length === 0) return
      const rows = withDerived(shelf, words, false)
      for (const row of rows) removeRow(shelf, row)
      for (const session of new Set(words.flatMap(row => row.session ?? []))) refreshSession(shelf, session)
      removed.push(...rows.map(row => ({ id: row.uid, text: row.body })))
      owners.add(ref.owner)
    })()
  }
  await Promise.all([...owners].map(owner => emptyLog(() => room.files.database(owner))))
  return removed
}
