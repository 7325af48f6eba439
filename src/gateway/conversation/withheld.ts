// What may not be said any more, for its readers or its clearance changed: held back and told, or begun again lower.
import type { Clearance } from '../../access/clearance.ts'
import { lowest } from '../../access/levels.ts'
import { noUsage } from '../../agent/model.ts'
import type { Place } from '../../channel.ts'
import type { Log } from '../../log.ts'
import type { Received } from '../../store/inbox.ts'
import type { Store } from '../../store/store.ts'
import type { Spend, Turn, TurnEnd } from '../../store/turns.ts'
import type { PostOffice } from '../doors/post-office.ts'
import type { Typing } from '../doors/typing.ts'
import type { Errand } from '../errand.ts'
import type { Live } from '../live.ts'

export interface WithheldOptions {
  readonly store: Store
  readonly live: Live
  readonly office: PostOffice
  readonly typing: Typing
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  /** A turn is over without its end: what it sent off is stopped. */
  readonly abandon: (turn: string) => void
  /** Puts rows whose turn lost its clearance back at the beginning of the journey. */
  readonly again: (rows: readonly Received[]) => void
  readonly log: Log
  readonly now: () => number
}

export type Withheld = ReturnType<typeof openWithheld>

const readersChanged = 'the readers changed'
const unsaid = { usage: noUsage, entries: [], cost: null } as const

export function openWithheld(options: WithheldOptions) {
  const { store, live, now } = options

  function tellHeldBack(what: string, place: Place): void {
    options.office.tellOwners(
      `${what} in ${place.title ?? place.id} was held back: somebody reads there now who may not see what it was written from.`,
    )
  }

  const giveUp = (row: Received) => options.errands.get(row.inbound.channel)?.gaveUp(row, readersChanged)

  return {
    /** A message whose turn has not begun. */
    message(row: Received): void {
      store.inbox.settle(row.id, 'failed', readersChanged)
      giveUp(row)
      tellHeldBack('A message', row.inbound.place)
    },

    /** A turn in a group that somebody joined who may not read what it was written from: kept, but not sent. */
    holdBack(
      turn: Turn,
      said: Pick<TurnEnd, 'usage' | 'model' | 'entries'> & { readonly cost: Spend | null } = {
        ...unsaid,
        model: turn.model ?? '',
      },
    ): void {
      const { session, epoch, trace, grant } = turn
      const done = store.turns.end(
        { session, epoch, turn: turn.id, trace },
        {
          ...said,
          state: 'failed',
          reason: readersChanged,
          parts: [],
          inbox: { state: 'failed', reason: readersChanged },
        },
        said.cost,
        now(),
      )
      options.abandon(turn.id)
      live.entries(done.entries)
      const ended = { turn: turn.id, state: 'failed', reason: readersChanged, usage: said.usage } as const
      live.event(session, { type: 'turn_ended', ...ended }, grant.reads)
      options.typing.stop(turn.id)
      for (const row of store.inbox.ofTurn(turn.id)) giveUp(row)
      tellHeldBack('A reply', grant.place)
    },

    /** The turn is over unsaid; its messages begin again under what is true now. */
    revoke(turn: Turn): void {
      options.typing.stop(turn.id)
      options.abandon(turn.id)
      const rows = store.inbox.ofTurn(turn.id)
      store.turns.revoke(turn.id, now())
      options.log.warn(
        { trace: turn.trace, session: turn.session },
        'a turn lost its clearance and begins again',
      )
      options.again(rows)
    },
  }
}

/** Whether a group opens less than it did `before`: what was written there then is not for who reads it now. */
export const lostReaders = (before: Pick<Clearance, 'place' | 'reads'>, now: Clearance): boolean =>
  before.place.kind === 'group' && !now.covers(before.reads)

/** Whether a clearance opens or allows less than the turn was begun with. */
export function isLower(clearance: Clearance, turn: Turn): boolean {
  return !clearance.covers(turn.grant.reads) || lowest(clearance.acts, turn.grant.acts) !== turn.grant.acts
}
