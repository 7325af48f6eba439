// What a tool can reach: narrow hands that the desk cut to the turn's clearance.

export interface Hands {
  readonly call: Call
  readonly todo: TodoHand
  readonly skills: SkillHand
  /** Null where nobody may be written to. */
  readonly messages: MessageHand | null
}

export interface Call {
  /** The idempotency key: the same when an interrupted call runs again. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly timezone: string
}

export interface TodoItem {
  readonly text: string
  readonly done: boolean
}

/** This session's list of steps. */
export interface TodoHand {
  read(): readonly TodoItem[]
  write(items: readonly TodoItem[]): void
}

/** Messages to somebody else, once their exact text was approved. */
export interface MessageHand {
  /** Names of the people who can be written to. */
  readonly recipients: readonly string[]
  /** Queues the text; returns where it goes, in words. */
  send(to: string, text: string): string
}

/** Instructions for kinds of tasks, written by the household. */
export interface SkillHand {
  readonly any: boolean
  list(): readonly { readonly name: string; readonly description: string }[]
  /** The whole text; undefined for what does not exist or is not open here. */
  read(name: string): string | undefined
}
