// Memory as a turn’s clearance opens it.

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
  /** What was so at this moment. */
  readonly asOf?: number
}

export interface MemoryNote {
  readonly text: string
  readonly title?: string
  readonly store?: string
  readonly people?: readonly string[]
  readonly replaces?: string
  readonly pinned?: boolean
  /** From when on it is so. */
  readonly since?: number
}

/** Memory as this turn's clearance opens it. Throws a `CoopError` for what it may not do. */
export interface MemoryHand {
  /** Stores that may be written from here. */
  readonly writable: readonly string[]
  search(query: MemoryQuery): Promise<MemoryLines>
  sessions(query: MemoryQuery): Promise<MemoryLines>
  get(ids: readonly string[]): MemoryLines
  /** In the order it happened; with a text only what fits it. */
  timeline(query: MemoryQuery): Promise<MemoryLines>
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
