// The household: its configuration, its people, and what Coop knows of itself.

export interface ConfigEdit {
  readonly key: string
  readonly value?: unknown
}

/** The configuration. A change throws when it is not valid, naming key and line. */
export interface ConfigHand {
  explain(key: string): string
  get(key: string): string
  history(): string
  preview(edits: readonly ConfigEdit[]): string
  /** What a person has to approve first; null when nothing. Throws for a change that is not valid. */
  question(edits: readonly ConfigEdit[]): string | null
  patch(edits: readonly ConfigEdit[], why: string): Promise<string>
  questionOfRollback(generation: number | undefined): string
  rollback(generation: number | undefined, why: string): Promise<string>
}

export interface PeopleChange {
  readonly action: 'approve' | 'deny' | 'rename' | 'level' | 'merge'
  /** A name or id; for a stranger their code. */
  readonly who: string
  /** The new name, or whom to merge into. */
  readonly to?: string | undefined
  readonly level?: string | undefined
}

export interface PeopleHand {
  list(): string
  /** What a person’s next turn would hold, memories included. */
  wouldSee(who: string): Promise<string>
  /** What a person has to approve first. Throws for a change that is not possible. */
  question(change: PeopleChange): string
  change(change: PeopleChange): Promise<string>
}

/** What Coop knows of itself; the help is open to everyone, the rest throws below full trust. */
export interface SelfHand {
  status(): string
  logs(find: string): string
  trace(find: string): string
  help(find: string): string
  /** Writes down what the agent is called. */
  name(name: string): string
  /** The first conversation is over: what led it is taken away. */
  introduced(): string
}
