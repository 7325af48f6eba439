// Work that no person just wrote: it arrives on a channel of Coop's own and ends in its own way.
import type { Household } from '../access/household.ts'
import type { Outcome } from '../agent/turn.ts'
import type { Channel, Inbound, Place } from '../channel.ts'
import type { Desk } from '../desk/desk.ts'
import type { Log } from '../log.ts'
import type { Origin } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Subagent } from '../store/subagents.ts'
import type { Turn } from '../store/turns.ts'
import type { Cleared, Gatekeeper } from './doors/gatekeeper.ts'
import type { PostOffice } from './doors/post-office.ts'
import type { Live } from './live.ts'
import { jobOfSession } from './schedule/job.ts'

/** A piece of work that was taken up, as a lane works on it. */
export interface ErrandWork {
  readonly row: Received
  readonly cleared: Cleared
  readonly session: Session
  readonly clearedAt: number
}

/** What the rooms of the gateway give to whoever takes errands on. */
export interface ErrandOptions {
  readonly store: Store
  readonly household: () => Household
  readonly gatekeeper: Gatekeeper
  readonly channel: (name: string) => Channel | undefined
  readonly office: PostOffice
  readonly live: Live
  /** Whether a part for this place would be the first in its lane. */
  readonly idle: (place: Place) => boolean
  /** Sends rows that were just committed. */
  readonly send: (rows: readonly OutboxRow[]) => void
  /** Puts stored rows on their journey. */
  readonly proceed: (rows: readonly Received[]) => void
  /** Puts work that was taken up into the lane of its session. */
  readonly enqueue: (work: ErrandWork) => void
  readonly log: Log
  readonly now: () => number
}

export interface Errand {
  /** Begins the turn of a row that arrived, or ends it unworked. */
  take(row: Received): Promise<void>
  /** Ends the work with its turn, in one commit. */
  end(
    row: Received,
    turn: Turn,
    desk: Desk,
    outcome: Exclude<Outcome, { kind: 'waiting' }>,
    model: string,
  ): Promise<void>
  /** The turn waits. */
  waiting(row: Received): void
  /** It broke again and again, or may not go on. */
  gaveUp(row: Received, reason: string): void
  /** What the agent is told beside the text. */
  brief(inbound: Inbound): string | null
  /** Whose words the text is, if not those of the person it works for. */
  words?(row: Received): { readonly author: null; readonly origin: Origin }
}

/** The channel and the session of a subagent. */
export const subagentChannel = 'subagent'
export const subagentSession = (id: string): string => `${subagentChannel}:${id}`

/** The subagent that a session is of; undefined for any other session. */
export const subagentOf = ({ subagents }: Pick<Store, 'subagents'>, session: string): Subagent | undefined =>
  session.startsWith(subagentSession(''))
    ? subagents.get(session.slice(subagentSession('').length))
    : undefined

/** What a session's cost is booked to: a job, a subagent, or null for a conversation. */
export const errandOf = (session: string): string | null =>
  session.startsWith(`${subagentChannel}:`) ? 'subagent' : jobOfSession(session)
