// A turn under way, with what it runs on.
import type { Speaker } from '../../access/household.ts'
import type { SystemPrompt } from '../../agent/prompt.ts'
import type { Desk } from '../../desk/desk.ts'
import type { Received } from '../../store/inbox.ts'
import type { Turn } from '../../store/turns.ts'

export interface Begun {
  readonly turn: Turn
  /** Whoever runs the turn closes it. */
  readonly desk: Desk
  readonly prompt: SystemPrompt
  readonly speaker: Speaker
  /** The messages that it answers. */
  readonly rows: readonly Received[]
}
