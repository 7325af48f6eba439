// The contract with a model: a request in, a stream of events out; failure is an event, never a throw.
import type { Block } from '../store/entry.ts'
import type { Usage } from '../store/turns.ts'

export interface Message {
  readonly role: 'user' | 'assistant'
  readonly blocks: readonly Block[]
  /** A cache breakpoint stands after this message. */
  readonly breakpoint?: boolean
}

export interface ToolSpec {
  readonly name: string
  readonly description: string
  /** JSON Schema of the input. */
  readonly schema: Readonly<Record<string, unknown>>
}

/** Ordered as providers cache: tools, stable text, session text, history, the newest message. */
export interface ModelRequest {
  /** The provider's own name of the model. */
  readonly model: string
  readonly tools: readonly ToolSpec[]
  readonly system: { readonly stable: string; readonly session: string }
  readonly messages: readonly Message[]
  readonly maxTokens: number
  /** The prefix is to be kept for an hour, where the provider can. */
  readonly keepLong?: boolean
}

export type StopReason = 'end' | 'tool_calls' | 'max_tokens' | 'refusal'

export type FailureKind =
  /** The key is refused. */
  | 'auth'
  | 'rate_limit'
  | 'overloaded'
  | 'network'
  /** The conversation does not fit the model. */
  | 'overflow'
  /** The request itself is refused; trying again changes nothing. */
  | 'rejected'
  /** The stream was garbage or broke off. */
  | 'broken'
  /** Today's budget is used up; nothing was asked. */
  | 'budget'
  | 'aborted'

export type ModelEvent =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'thinking'; readonly delta: string }
  /**
   * Always last on success. `blocks` is the whole message; `instead` names the model that stood in for the wanted
   * one; `tried` says what failed on the way, for the trace.
   */
  | {
      readonly type: 'done'
      readonly blocks: readonly Block[]
      readonly stop: StopReason
      readonly usage: Usage
      readonly instead?: string
      readonly tried?: readonly string[]
    }
  /** Always last on failure. */
  | {
      readonly type: 'failed'
      readonly kind: FailureKind
      readonly message: string
      readonly retryAfterMs?: number
      readonly tried?: readonly string[]
      /** What is billed all the same, where the provider said so before it broke off. */
      readonly usage?: Usage
    }

/** Must not throw; ends with exactly one `done` or `failed`. */
export type StreamModel = (request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>

export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

/** Tokens of two calls together. */
export const addUsage = (a: Usage, b: Usage): Usage => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  cacheLong: (a.cacheLong ?? 0) + (b.cacheLong ?? 0),
})
