// Work that no person just wrote: the jobs of the schedule, and the subagents that turns send off.
import type { Config } from '../config/load.ts'
import type { Tracer } from '../trace/trace.ts'
import type { Task } from './conversation/task.ts'
import { type Errand, type ErrandOptions, type ErrandWork, subagentChannel } from './errand.ts'
import type { Lanes, StopReason } from './lanes.ts'
import { scheduleChannel } from './schedule/job.ts'
import { openSchedule, type Schedule } from './schedule/schedule.ts'
import { openSubagents, type Subagents } from './subagents.ts'
import { openStop } from './waiting.ts'

export interface OwnWorkOptions extends Omit<ErrandOptions, 'enqueue'> {
  readonly config: () => Config
  readonly lanes: Lanes<Task>
  /** Runs a waiting turn on. */
  readonly wake: (turn: string) => void
  readonly tracer: Tracer
}

export interface OwnWork {
  readonly schedule: Schedule
  readonly subagents: Subagents
  /** Both, by the channel that their work arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  /** Stops a session, and what it waits for from those it sent off; false when there is nothing. */
  readonly stop: (session: string, reason: StopReason) => boolean
}

export function openOwnWork(given: OwnWorkOptions): OwnWork {
  const { config, lanes, wake } = given
  const options = {
    ...given,
    enqueue: (work: ErrandWork) => lanes.push(work.session.id, { kind: 'message', ...work }),
  }
  const schedule = openSchedule(options)
  const subagents = openSubagents({
    ...options,
    instructions: name => config().settings.subagents.profiles.find(each => each.name === name)?.instructions,
    stop: lanes.stop,
  })
  return {
    schedule,
    subagents,
    errands: new Map<string, Errand>([
      [scheduleChannel, schedule],
      [subagentChannel, subagents.errand],
    ]),
    stop: openStop({ store: given.store, lanes, subagents }, wake),
  }
}
