// Work that no person just wrote: it arrives on a channel of Coop's own and ends in its own way.
import type { Outcome } from '../agent/turn.ts'
import type { Inbound } from '../channel.ts'
import type { Desk } from '../desk/desk.ts'
import type { Origin } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Subagent } from '../store/subagents.ts'
import type { Turn } from '../store/turns.ts'
import type { Cleared } from './gatekeeper.ts'
import { jobOfSession } from './schedule/job.ts'

/** A piece of work that was taken up, as a lane works on it. */
export interface ErrandWork {
  readonly row: Received
  readonly cleared: Cleared
  readonly session: Session
  readonly clearedAt: number
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
