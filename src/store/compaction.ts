// Moves a session's window: the summaries of what leaves and the new beginning, in one commit.
import type { Db } from './database.ts'
import type { NewEntry } from './entry.ts'
import type { Sessions } from './sessions.ts'
import type { EntryPlace, Transcript } from './transcript.ts'

export type Compact = ReturnType<typeof openCompaction>

export function openCompaction(db: Db, sessions: Sessions, transcript: Transcript) {
  const replace = db.prepare<[number]>("UPDATE entry SET undone = 1 WHERE id = ? AND role = 'summary'")
  const fold = db.prepare<[number]>('UPDATE entry SET summed = 1 WHERE id = ?')
  return db.transaction(
    (
      place: EntryPlace,
      from: number,
      summaries: readonly NewEntry[],
      /** Summaries that new ones stand for. */
      replaced: readonly number[],
      /** Entries after `from` that the summaries stand for. */
      folded: readonly number[],
      now: number,
    ): void => {
      for (const id of replaced) replace.run(id)
      for (const id of folded) fold.run(id)
      for (const summary of summaries) transcript.append(place, summary, now)
      sessions.setWindow(place.session, from)
    },
  )
}
