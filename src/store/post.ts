// What the gateway itself says: stored in a session and put into the outbox in one commit.
import type { Db } from './database.ts'
import type { Entry, NewEntry } from './entry.ts'
import type { Inbox, InboxState } from './inbox.ts'
import type { Outbox, OutboxRow, Queued } from './outbox.ts'
import type { EntryPlace, Transcript } from './transcript.ts'

export interface Posting {
  readonly place: EntryPlace | null
  readonly entries: readonly NewEntry[]
  readonly parts: readonly Queued[]
  /** The inbox row that this answers. */
  readonly inbox?: { readonly id: number; readonly state: InboxState; readonly reason: string | null }
  /** The text was approved by one person for another, from what `labels` name. */
  readonly release?: { readonly by: string; readonly to: string; readonly labels: readonly string[] }
}

export type Post = ReturnType<typeof openPost>

/** Posting the same parts again, by their keys, changes nothing. */
export function openPost(db: Db, transcript: Transcript, outbox: Outbox, inbox: Inbox) {
  const release = db.prepare<[string, string, string, string, number]>(
    'INSERT INTO release (outbox_key, by_person, to_person, from_labels, at) VALUES (?, ?, ?, ?, ?)',
  )
  return db.transaction((posting: Posting, now: number): { entries: Entry[]; rows: OutboxRow[] } => {
    const { place } = posting
    const rows = posting.parts.flatMap(part => outbox.add(part, now) ?? [])
    if (posting.inbox) inbox.settle(posting.inbox.id, posting.inbox.state, posting.inbox.reason)
    if (posting.parts.length > 0 && rows.length === 0) return { entries: [], rows }
    const entries = place ? posting.entries.map(entry => transcript.append(place, entry, now)) : []
    if (posting.release && rows[0]) {
      const { by, to, labels } = posting.release
      release.run(rows[0].outbound.key, by, to, JSON.stringify(labels), now)
    }
    return { entries, rows }
  })
}
