// The contract of a command: thin, given what it may use, answering with an exit code.
import type { Readable, Writable } from 'node:stream'
import type { Surroundings } from '../config/environment.ts'
import { CoopError, type FaultCode } from '../errors.ts'
import type { Jobs } from '../terminal/screen/suspension.ts'

export interface Cli {
  readonly stdin: Readable & { isTTY?: boolean }
  readonly stdout: Writable & { isTTY?: boolean; columns?: number }
  readonly stderr: Writable & { isTTY?: boolean }
  readonly surroundings: Surroundings
  /** The value of `--config`. */
  readonly config: string | undefined
  /** Aborts on Ctrl-C or termination. */
  readonly signal: AbortSignal
  /** Absent where no shell can take the terminal back. */
  readonly jobs?: Jobs
}

export interface Command {
  readonly name: string
  /** What follows `coop`, one line a form. */
  readonly usage: readonly string[]
  /** What it does, in half a sentence. */
  readonly summary: string
  /** Resolves to the exit code. Throws `CoopError` for what the user has to mend. */
  readonly run: (args: readonly string[], cli: Cli) => Promise<number>
}

/** A command in the table, loaded when it is run. */
export interface Listed {
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Exit codes of the contract. */
export const exit = { done: 0, failed: 1, usage: 2, noSession: 3, noGateway: 4, interrupted: 130 } as const

/** Whether Node's argument parser refused the command line. */
export const isParseError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** Commands that leave a gateway running: where they fail, there is none. */
const starting: readonly string[] = ['start', 'restart']

/** The exit code that a fault ends the command `name` with. */
export function exitCodeOf(error: unknown, name: string): number {
  const code = codeOf(error)
  return code === exit.failed && starting.includes(name) ? exit.noGateway : code
}

function codeOf(error: unknown): number {
  const codes: Partial<Record<FaultCode, number>> = {
    usage_wrong: exit.usage,
    session_missing: exit.noSession,
    gateway_unreachable: exit.noGateway,
    gateway_running: exit.noGateway,
    key_missing: exit.noGateway,
    aborted: exit.interrupted,
  }
  if (error instanceof CoopError) return codes[error.code] ?? exit.failed
  return isParseError(error) ? exit.usage : exit.failed
}
