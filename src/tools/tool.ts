// The contract of a tool: what it is called, who has it, what it leaves behind, and what it does.
import type { z } from 'zod'
import type { Level } from '../access/levels.ts'
import type { Origin } from '../store/entry.ts'
import type { Hands } from './hands.ts'

/**
 * What happens to a call that a crash interrupted. `read`: it runs again. `own`: it runs again
 * under the same idempotency key, `hands.call.id`. `world`: it becomes `unknown` and is never repeated.
 */
export type Effect = 'read' | 'own' | 'world'

/**
 * How far the call reaches, for turns whose prompt holds text from outside. `none`: nowhere.
 * `standing`: outward, or it changes what later turns see; waits for a person while outside text
 * is in the prompt. `strong`: configuration, people, messages to others; waits also after derived text.
 */
export type Reach = 'none' | 'standing' | 'strong'

export interface Traits {
  readonly effect: Effect
  readonly reach: Reach
  /** Waits for a person whatever the prompt holds; what is asked, with its consequence. */
  readonly ask?: string
  /** The lowest level whose yes suffices, where the speaker's own may be too low. */
  readonly of?: Level
}

export interface ToolResult {
  readonly text: string
  readonly isError?: boolean
  /** Where the text came from; the agent's own if absent. */
  readonly origin?: Origin
  /** There is no result yet: the turn waits, and the call runs again when it is woken. */
  readonly pending?: true
}

export interface Tool<Input = unknown> {
  readonly name: string
  readonly description: string
  readonly input: z.ZodType<Input>
  /** The lowest level that has it. */
  readonly level: Level
  /** Whether it can work with these hands; a tool that cannot is not in the request. */
  readonly available: (hands: Hands) => boolean
  /** What these hands add to the description; the same bytes as long as the configuration is the same. */
  readonly detail?: (hands: Hands) => string
  /** Must not throw. Without hands only `effect` is asked for. */
  readonly traits: (input: Input, hands?: Hands) => Traits
  /** May throw: the thrown message becomes an error result that the model reads. */
  readonly run: (input: Input, hands: Hands, signal: AbortSignal) => Promise<ToolResult>
}

/** Keeps the input's type while a tool is written down. */
export const tool = <Input>(definition: Tool<Input>): Tool => definition as unknown as Tool
