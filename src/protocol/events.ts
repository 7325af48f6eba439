// What a live client sees of a session, one union for every front end.

export interface EventUsage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

export type ToolState = 'planned' | 'running' | 'waiting' | 'done'

export type SessionEvent =
  | { readonly type: 'turn_started'; readonly turn: string; readonly model: string }
  /** Somebody's message, as it was stored. */
  | { readonly type: 'user'; readonly text: string; readonly author: string | null; readonly at: number }
  | { readonly type: 'text'; readonly turn: string; readonly delta: string }
  | { readonly type: 'thinking'; readonly turn: string; readonly delta: string }
  | {
      readonly type: 'tool'
      readonly turn: string
      readonly call: string
      readonly name: string
      readonly state: ToolState
      /** One line: the arguments, or the result once done. */
      readonly detail: string
      /** The end of what a running call has put out so far; comes again while there is more. */
      readonly output?: string
      readonly isError?: boolean
    }
  /** A whole message of the agent; what was streamed as text before is this text. */
  | {
      readonly type: 'message'
      readonly turn: string | null
      readonly text: string
      readonly at: number
      readonly final: boolean
    }
  | {
      readonly type: 'turn_ended'
      readonly turn: string
      readonly state: 'done' | 'failed' | 'stopped' | 'waiting'
      readonly reason: string
      readonly usage: EventUsage
    }
  /** A line from the gateway itself, not from the agent. */
  | { readonly type: 'notice'; readonly text: string; readonly at: number }

/** `seq` orders a session's stored events; a streamed event carries the last stored one's. */
export interface SequencedEvent {
  readonly session: string
  readonly seq: number
  readonly event: SessionEvent
}
