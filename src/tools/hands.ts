// What a tool can reach: narrow hands that the desk cut to the turn's clearance.
import type { BoxHand, FileHand } from './hands/box.ts'
import type { ConfigHand, PeopleHand, SelfHand } from './hands/household.ts'
import type { MemoryHand } from './hands/memory.ts'
import type { McpHand, WebHand } from './hands/outside.ts'
import type { MessageHand, ReactionHand, SkillHand, TodoHand } from './hands/talk.ts'
import type { ScheduleHand, SubagentHand } from './hands/work.ts'

export interface Hands {
  readonly call: Call
  readonly todo: TodoHand
  readonly skills: SkillHand
  /** Null where nobody may be written to. */
  readonly messages: MessageHand | null
  /** Null where no file can be sent into this conversation. */
  readonly files: FileHand | null
  /** Absent where the channel has no reactions. */
  readonly reactions?: ReactionHand
  /** Null where no job may be set. */
  readonly schedule: ScheduleHand | null
  /** Null where nobody may be sent off. */
  readonly subagents: SubagentHand | null
  /** Configuration, people and what Coop knows of itself; null but for a fully trusted person alone with the agent. */
  readonly config: ConfigHand | null
  readonly people: PeopleHand | null
  readonly self: SelfHand
  /** Null where no memory may be read. */
  readonly memory: MemoryHand | null
  /** Null where no files are shown, or no box was proven. */
  readonly box: BoxHand | null
  /** Null where nothing on the network may be reached. */
  readonly web: WebHand | null
  /** Null where no tool server may be used. */
  readonly mcp: McpHand | null
}

export interface Call {
  /** The idempotency key: the same when an interrupted call runs again. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly timezone: string
}
