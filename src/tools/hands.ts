// What a tool can reach: narrow hands that the desk cut to the turn's clearance.
import type { Origin } from '../store/entry.ts'

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

export interface TodoItem {
  readonly text: string
  readonly done: boolean
}

/** This session's list of steps. */
export interface TodoHand {
  read(): { readonly items: readonly TodoItem[]; readonly origin: Origin }
  write(items: readonly TodoItem[]): void
}

/** Messages to somebody else, once their exact text was approved. */
export interface MessageHand {
  /** Names of the people who can be written to. */
  readonly recipients: readonly string[]
  /** Queues the text; returns where it goes, in words. */
  send(to: string, text: string): string
}

/** A file of the box, as a person gets it. */
export interface SentFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Where it lies on the computer of the gateway. */
  readonly host: string
}

/** Files into the place of this conversation. */
export interface FileHand {
  /** Queues it; returns what to tell. */
  send(file: SentFile, caption: string): string
}

/** Signs under the message that the turn answers. */
export interface ReactionHand {
  /** Throws what the platform said against it. */
  react(emoji: string, signal: AbortSignal): Promise<void>
}

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

/** Instructions for kinds of tasks, written by the household. */
export interface SkillHand {
  readonly any: boolean
  list(): readonly { readonly name: string; readonly description: string }[]
  /** The whole text; undefined for what does not exist or is not open here. */
  read(name: string): { readonly text: string; readonly origin: Origin } | undefined
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

/** Commands and files, all inside the box of this turn. Paths begin at the workspace. */
export interface BoxHand {
  /** Commands may run and files may be written; else there is only reading. */
  readonly acts: boolean
  /** One shell command; standard error is joined to its output. */
  shell(command: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<CommandResult>
  /** A program of the gateway's own choosing, without network. */
  program(argv: readonly string[], signal: AbortSignal): Promise<CommandResult>
  /** Throws for what is no readable file. */
  readLines(
    path: string,
    line: number,
    count: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<FileText & { readonly size: number }>
  readFile(path: string, maxBytes: number, signal: AbortSignal): Promise<FileText>
  /** A file to be sent; throws for what is not there or too large. */
  take(path: string, signal: AbortSignal): Promise<SentFile>
  /**
   * Whether what lies there is read as instructions by later turns, and is closed to this one: text from outside is
   * in its prompt. Only a fully trusted person's yes to the very call lets it be written.
   */
  closed(path: string): boolean
  writeFile(path: string, bytes: Uint8Array, facts: WriteFacts, signal: AbortSignal): Promise<void>
  /**
   * The worst that the text of these files came from: outside if one of them cannot be found. `shown` is what the
   * model gets of them.
   */
  originOf(paths: readonly string[], shown: 'names' | 'text', signal: AbortSignal): Promise<Origin>
  /** Keeps a long output in a file; where that is, or null if there is no place for it. */
  keep(output: Uint8Array, origin: Origin, signal: AbortSignal): Promise<string | null>
}

export interface WriteFacts {
  /** What was there when the new bytes were made from it; absent, whatever is there. */
  readonly replaces?: FileText
  /** The question that had to be answered with yes if the place is closed. */
  readonly question: string
}

export interface FileText {
  readonly bytes: Buffer
  readonly origin: Origin
  /** What was open when it was written; null if that is not known. */
  readonly labels?: readonly string[] | null
}

export interface CommandResult {
  readonly code: number
  /** What ended it: itself, or what it was killed for with all it had started. */
  readonly ended: 'exit' | 'timeout' | 'stopped' | 'output' | 'memory' | 'disk'
  readonly output: Buffer
  /** From outside if it talked to the network or read what came from there; else derived, since files hold what others wrote, too. */
  readonly origin: Origin
}

export interface WebHand {
  /** A page as text; throws for what may not or cannot be fetched. Null where pages are not fetched. */
  readonly fetch: ((url: string, signal: AbortSignal) => Promise<WebPage>) | null
  /** Null without a configured provider. */
  readonly search:
    | ((query: string, count: number | undefined, signal: AbortSignal) => Promise<readonly WebResult[]>)
    | null
}

export interface WebPage {
  /** Where the redirects ended. */
  readonly url: string
  readonly title: string
  /** Markdown, or the text as it was sent. */
  readonly text: string
}

export interface WebResult {
  readonly title: string
  readonly url: string
  readonly text: string
}

/** What a tool server answered, or what was said in its place; `outside` when words of the server are among it. */
export interface ServerWords {
  readonly text: string
  readonly isError: boolean
  readonly outside: boolean
}

/** Tool servers as this turn's clearance opens them. A server that fails is an answer, never a throw. */
export interface McpHand {
  readonly servers: readonly { readonly name: string; readonly about?: string }[]
  search(query: string, server: string | undefined, signal: AbortSignal): Promise<ServerWords>
  describe(server: string | undefined, tool: string, signal: AbortSignal): Promise<ServerWords>
  /** Never repeated, whatever became of it. */
  call(
    server: string | undefined,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<ServerWords>
}
