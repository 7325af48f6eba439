// What a tool can reach: narrow hands that the desk cut to the turn's clearance.

export interface Hands {
  readonly call: Call
  readonly todo: TodoHand
  readonly skills: SkillHand
  /** Null where nobody may be written to. */
  readonly messages: MessageHand | null
  /** Null where no memory may be read. */
  readonly memory: MemoryHand | null
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

/** What memory answered, in lines; `outside` when a line quotes text from outside. */
export interface MemoryLines {
  readonly text: string
  readonly outside: boolean
}

export interface MemoryQuery {
  readonly text: string
  readonly store?: string
  /** Milliseconds since 1970; `to` exclusive. */
  readonly from?: number
  readonly to?: number
  readonly limit?: number
  readonly archived?: boolean
}

export interface MemoryNote {
  readonly text: string
  readonly title?: string
  readonly store?: string
  readonly people?: readonly string[]
  readonly replaces?: string
  readonly pinned?: boolean
}

/** Memory as this turn's clearance opens it. Throws a `CoopError` for what it may not do. */
export interface MemoryHand {
  /** Stores that may be written from here. */
  readonly writable: readonly string[]
  search(query: MemoryQuery): Promise<MemoryLines>
  sessions(query: MemoryQuery): Promise<MemoryLines>
  get(ids: readonly string[]): MemoryLines
  timeline(query: Omit<MemoryQuery, 'text' | 'archived'>): MemoryLines
  people(): MemoryLines
  write(note: MemoryNote): MemoryLines
  pin(id: string, on: boolean): MemoryLines
  promote(id: string, store: string): MemoryLines
  alias(name: string, person: string, store?: string): MemoryLines
  forget(
    what: { id: string } | { person: string } | { query: string },
    sources: boolean,
  ): Promise<MemoryLines>
}
