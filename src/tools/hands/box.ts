// Commands and files inside the box of a turn, and files on their way into its conversation.
import type { Origin } from '../../store/entry.ts'

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

/** Commands and files, all inside the box of this turn. Paths begin at the workspace. */
export interface BoxHand {
  /** Commands may run and files may be written; else there is only reading. */
  readonly acts: boolean
  /** One shell command; standard error is joined to its output. */
  shell(command: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<CommandResult>
  /** A program of the gateway's own choosing, without network. */
  program(argv: readonly string[], signal: AbortSignal): Promise<CommandResult>
  /** Lines from the 1-based `from` on; throws for what is no readable file. */
  readLines(
    path: string,
    lines: { readonly from: number; readonly count: number; readonly maxBytes: number },
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
