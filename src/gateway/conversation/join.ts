// Messages that come while their turn runs: those of the same voice under the same clearance join it.
import type { Received } from '../../store/inbox.ts'
import type { Lane } from '../lanes.ts'
import type { Live } from '../live.ts'
import { isSameVoice } from '../said.ts'
import type { Begun } from './begun.ts'
import { entryOf } from './spoken-entry.ts'
import type { Task } from './task.ts'

export interface JoinOptions {
  /** A waiting row as it reads now; null when it was taken back. */
  readonly latest: (row: Received) => Received | null
  readonly timezone: () => string
  readonly live: Live
  readonly now: () => number
}

/** Stores what may join now. Returns its rows. */
export function joinWaiting(
  { desk, speaker }: Begun,
  rows: readonly Received[],
  lane: Lane<Task>,
  { latest, timezone, live, now }: JoinOptions,
): readonly Received[] {
  const { clearance } = desk
  const joining = lane.takeWhile(
    next =>
      next.kind === 'message' &&
      isSameVoice(next.cleared.speaker, speaker, rows[0]) &&
      next.row.inbound.attachments === undefined &&
      next.cleared.clearance.fingerprint === clearance.fingerprint,
  )
  const joined = joining.flatMap(next => {
    const row = next.kind === 'message' ? latest(next.row) : null
    return row && next.kind === 'message' ? [{ row, speaker: next.cleared.speaker }] : []
  })
  if (joined.length === 0) return []
  const entries = joined.map(next =>
    entryOf({ inbound: next.row.inbound, clearance, speaker: next.speaker }, timezone(), now()),
  )
  live.entries(
    desk.join(
      joined.map(next => next.row.id),
      entries,
    ),
  )
  return joined.map(next => next.row)
}
