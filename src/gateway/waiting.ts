// Turns that wait, for a person's answer or for those they sent off: whether they still do, how they go on or are stopped.
import type { Store } from '../store/store.ts'
import type { Task } from './conversation/task.ts'
import type { Lanes, StopReason } from './lanes.ts'
import type { Subagents } from './subagents.ts'

type Waited = Pick<Store, 'approvals' | 'subagents'>

/** Whether something is under way that a waiting turn waits for. */
export const isAwaiting = ({ approvals, subagents }: Waited, turn: string): boolean =>
  approvals.openOf(turn) || subagents.isAwaited(turn)

/** Runs a waiting turn on. */
export const openWake =
  ({ turns }: Pick<Store, 'turns'>, lanes: Lanes<Task>) =>
  (turn: string): void => {
    const known = turns.get(turn)
    if (known?.state === 'waiting')
      lanes.push(known.session, { kind: 'resume', turn, session: known.session })
  }

/** Stops what runs in a session, and what a turn of it waits for from those it sent off; false when there is nothing. */
export const openStop =
  (
    {
      store,
      lanes,
      subagents,
    }: { readonly store: Store; readonly lanes: Lanes<Task>; readonly subagents: Subagents },
    wake: (turn: string) => void,
  ) =>
  (session: string, reason: StopReason): boolean => {
    const sent = store.subagents.openOfParent(session).filter(each => !each.background)
    for (const turn of new Set(sent.map(each => each.turn))) wake(turn)
    const stopped = lanes.stop(session, reason)
    for (const each of sent) subagents.stop(each.id, 'it was stopped')
    return stopped || sent.length > 0
  }
