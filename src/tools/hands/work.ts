// Work that goes on by itself: jobs and subagents.
import type { Origin } from '../../store/entry.ts'

export interface JobWish {
  readonly name?: string | undefined
  /** A reminder is said as it stands; a task is worked on by the agent. */
  readonly kind?: 'reminder' | 'task' | undefined
  readonly text?: string | undefined
  /** Cron, an ISO time, HH:MM, or +10m. */
  readonly when?: string | undefined
  readonly timezone?: string | undefined
}

/** Jobs of the person who speaks; of everybody for who is fully trusted. Each returns what to tell. */
export interface ScheduleHand {
  create(wish: JobWish): Promise<string>
  update(id: string, wish: JobWish): Promise<string>
  cancel(id: string): string
  run(id: string): string
  list(): Promise<string>
}

export interface SubagentWish {
  readonly task: string
  readonly profile?: string | undefined
  readonly tools?: readonly string[] | undefined
  readonly model?: string | undefined
  readonly minutes?: number | undefined
  readonly steps?: number | undefined
  readonly background?: boolean | undefined
}

/** What became of a helper; `pending` while it works and the turn waits for it. */
export interface SubagentAnswer {
  readonly text: string
  readonly isError?: boolean
  readonly origin?: Origin
  readonly pending?: true
}

/** Helpers of the person who speaks. Each throws a `CoopError` for what may not be. */
export interface SubagentHand {
  /** Sends one off; the same call again says what became of it. */
  spawn(wish: SubagentWish): SubagentAnswer
  list(): string
  stop(id: string): string
}
