// Ends a turn: its reply in one commit with what it answers; or it waits, is held back, revoked, or an errand's own end.
import { noUsage } from '../../agent/model.ts'
import type { Outcome } from '../../agent/turn.ts'
import type { Channel, Place } from '../../channel.ts'
import { inLanes, partsOf } from '../../delivery/parts.ts'
import type { Sender } from '../../delivery/sender.ts'
import type { Desk } from '../../desk/desk.ts'
import type { Log } from '../../log.ts'
import type { Received } from '../../store/inbox.ts'
import type { Store } from '../../store/store.ts'
import type { Turn } from '../../store/turns.ts'
import type { Gatekeeper } from '../doors/gatekeeper.ts'
import type { PostOffice } from '../doors/post-office.ts'
import type { Typing } from '../doors/typing.ts'
import type { Errand } from '../errand.ts'
import type { Lane } from '../lanes.ts'
import type { Live } from '../live.ts'
import { isAwaiting } from '../waiting.ts'
import { forgetDraft, type LiveDraft } from './drafts.ts'
import { compose } from './reply.ts'
import { answered } from './reply-to.ts'
import type { Task } from './task.ts'
import { isLower, lostReaders, type Withheld } from './withheld.ts'

export interface EndOptions {
  readonly store: Store
  readonly gatekeeper: Gatekeeper
  readonly channel: (name: string) => Channel | undefined
  readonly sender: Sender
  readonly live: Live
  readonly office: PostOffice
  readonly typing: Typing
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  readonly enqueue: (session: string, task: Task) => void
  /** A turn has ended, and there may be something to remember. */
  readonly ended: () => void
  readonly log: Log
  readonly now: () => number
}

/** A turn that ran, as it left off. */
export interface Ran {
  readonly turn: Turn
  readonly desk: Desk
  readonly outcome: Outcome
  readonly rows: readonly Received[]
  readonly place: Place
  readonly model: string
  readonly draft: LiveDraft
}

export type End = (ran: Ran, lane: Lane<Task>) => Promise<void>

export function openEnd(options: EndOptions, withheld: Withheld): End {
  const { store, now, live } = options

  return async function end({ outcome, ...ran }, lane) {
    const { turn, desk, rows, model, draft } = ran
    const job = rows[0]
    const errand = job && options.errands.get(job.inbound.channel)
    if (outcome.kind === 'waiting') {
      await draft.leave()
      return wait(turn, desk, outcome.reason, () => errand?.waiting(job!))
    }
    const replaces = await draft.settle()
    if (outcome.kind === 'stopped' && lane.signal.reason === 'shutdown') return
    const clearance = await options.gatekeeper.reissue(turn.grant)
    const held = lostReaders(turn.grant, clearance)
    if (!held && (lane.signal.reason === 'revoked' || isLower(clearance, turn))) {
      await draft.withdraw()
      return withheld.revoke(turn)
    }
    if (errand && !held) {
      await errand.end(job!, turn, desk, outcome, model)
      return options.ended()
    }
    const { text, sealed, entries, state, reason } = compose(outcome, desk)
    const cost = outcome.kind === 'reply' ? outcome.cost : null
    const { usage } = outcome
    if (held) {
      await draft.withdraw()
      return withheld.holdBack(turn, { usage, model, entries, cost })
    }
    const { place } = ran
    const channel = options.channel(place.channel)
    const address = {
      place,
      clearance,
      ...answered(place, rows),
      ...(replaces === undefined ? {} : { replaces }),
    }
    const facts = { key: turn.id, turn: turn.id, trace: turn.trace }
    const parts = (text !== '' && channel && partsOf(sealed, { ...address, channel }, facts)) || []
    if (text !== '' && !channel) tellUnsent(place)
    if (parts.length === 0) await draft.withdraw()
    const done = desk.end(
      {
        state,
        reason,
        usage,
        model,
        entries,
        parts: inLanes(parts, options.sender.idle),
        inbox: { state: state === 'failed' ? 'failed' : 'answered', reason: null },
      },
      cost,
    )
    if (replaces !== undefined) forgetDraft(store.settings, turn.id)
    live.entries(done.entries)
    live.event(
      turn.session,
      { type: 'turn_ended', turn: turn.id, state, reason, usage },
      desk.clearance.reads,
    )
    options.sender.take(done.rows)
    options.ended()
    if (done.rows.length === 0) options.typing.stop(turn.id)
    const { trace, session, startedAt } = turn
    options.log.info(
      { trace, session, state, model, in: usage.input, out: usage.output, ms: now() - startedAt },
      'turn',
    )
  }

  /** The lane is free meanwhile. */
  function wait(turn: Turn, desk: Desk, reason: string, told: () => void): void {
    store.turns.setState(turn.id, 'waiting')
    // What it waits for may have come before it began to wait.
    if (!isAwaiting(store, turn.id))
      options.enqueue(turn.session, { kind: 'resume', turn: turn.id, session: turn.session })
    told()
    options.typing.stop(turn.id)
    live.event(
      turn.session,
      { type: 'turn_ended', turn: turn.id, state: 'waiting', reason, usage: noUsage },
      desk.clearance.reads,
    )
  }

  /** The channel was taken out of the configuration meanwhile: the reply stays in the transcript. */
  function tellUnsent(place: Place): void {
    options.office.tellOwners(
      `A reply on ${place.channel} to ${place.title ?? place.id} could not be delivered: the channel ${place.channel} is no longer configured.`,
    )
  }
}
