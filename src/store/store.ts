// coop.db: the inbox, the transcript, the outbox and what hangs on them.
import { openDurable } from '../durable.ts'
import { type Approvals, openApprovals } from './approvals.ts'
import { type Compact, openCompaction } from './compaction.ts'
import { type Db, openDatabase } from './database.ts'
import { type Disclosures, openDisclosures } from './disclosure.ts'
import { type Expiring, openExpiring } from './expiring.ts'
import { type FileOrigins, openFileOrigins } from './file-origins.ts'
import { type Generations, openGenerations } from './generations.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type Jobs, openJobs } from './jobs.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { openPairings, type Pairings } from './pairings.ts'
import { openPermits, type Permits } from './permits.ts'
import { openPost, type Post } from './post.ts'
import { openRuns, type Runs } from './runs.ts'
import { openSessions, type Sessions } from './sessions.ts'
import { openSettings, type Settings } from './settings.ts'
import { openSpending, type Spending } from './spending.ts'
import { openSpoken, type Spoken } from './spoken.ts'
import { openSubagents, type Subagents } from './subagents.ts'
import { openTranscript, type Transcript } from './transcript.ts'
import { openTrim, type Trim } from './trim.ts'
import { openTurns, type Turns } from './turns.ts'

export interface Store extends Disposable {
  readonly db: Db
  /** Everything that `work` writes, in one commit. */
  together<T>(work: () => T): T
  /**
   * Resolves when everything committed so far would survive a power cut. To be awaited before anything
   * that the outside sees: an acknowledgement, a message, a tool that changes something.
   */
  durable(): Promise<void>
  /** Why nothing is kept any more, and what to do; null while the database lies where it was opened. */
  misplaced(): string | null
  readonly inbox: Inbox
  readonly sessions: Sessions
  readonly transcript: Transcript
  readonly turns: Turns
  readonly outbox: Outbox
  readonly approvals: Approvals
  readonly permits: Permits
  readonly pairings: Pairings
  readonly settings: Settings
  readonly post: Post
  readonly jobs: Jobs
  readonly runs: Runs
  readonly subagents: Subagents
  readonly generations: Generations
  readonly spending: Spending
  readonly compact: Compact
  readonly disclosures: Disclosures
  readonly spoken: Spoken
  readonly fileOrigins: FileOrigins
  readonly expiring: Expiring
  readonly trim: Trim
}

/** Opens coop.db at `path`; `migrations` is the folder of its SQL files. */
export function openStore(path: string, migrations: string): Store {
  const db = openDatabase({ path, migrations, flush: 'when asked' })
  const log = openDurable(db)
  const transcript = openTranscript(db)
  const outbox = openOutbox(db)
  const inbox = openInbox(db)
  const sessions = openSessions(db)
  return {
    db,
    together: work => db.transaction(work)(),
    durable: log.flushed,
    misplaced: log.misplaced,
    inbox,
    sessions,
    transcript,
    turns: openTurns(db, transcript, outbox),
    outbox,
    approvals: openApprovals(db),
    permits: openPermits(db),
    pairings: openPairings(db),
    settings: openSettings(db),
    jobs: openJobs(db),
    runs: openRuns(db),
    subagents: openSubagents(db),
    generations: openGenerations(db),
    spending: openSpending(db),
    post: openPost(db, transcript, outbox, inbox),
    compact: openCompaction(db, sessions, transcript),
    disclosures: openDisclosures(db),
    spoken: openSpoken(db),
    fileOrigins: openFileOrigins(db),
    expiring: openExpiring(db),
    trim: openTrim(db),
    [Symbol.dispose]() {
      log[Symbol.dispose]()
      db.close()
    },
  }
}
