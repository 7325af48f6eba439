// A message and those that were sent as one with it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clearance } from '../../access/clearance.ts'
import type { Lane } from '../lanes.ts'
import type { MessageTask, Task } from './task.ts'

/** How long the rest of an album may take to arrive. */
const albumMs = 400

/** Waits a moment for the rest, and takes it out of the lane if it came under the same clearance. */
export async function albumOf(
  task: MessageTask,
  clearance: Clearance,
  lane: Lane<Task>,
): Promise<readonly MessageTask[]> {
  const { album } = task.row.inbound
  if (album === undefined) return [task]
  await sleep(albumMs, undefined, { signal: lane.signal }).catch(() => {})
  const rest = lane.takeWhile(
    next =>
      next.kind === 'message' &&
      next.row.inbound.album === album &&
      next.cleared.clearance.fingerprint === clearance.fingerprint,
  )
  return [task, ...rest.flatMap(next => (next.kind === 'message' ? [next] : []))]
}
