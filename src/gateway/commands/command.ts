// The contract of a chat command: its lowest level and what it answers.
import type { Clearance } from '../../access/clearance.ts'
import type { Person, Speaker } from '../../access/household.ts'
import type { Level } from '../../access/levels.ts'
import type { Choice, Inbound } from '../../channel.ts'
import { CoopError, type FaultCode, isStorageFault, messageOf, storageWords } from '../../errors.ts'
import type { Received } from '../../store/inbox.ts'
import type { Session } from '../../store/sessions.ts'

export interface ChatContext {
  readonly clearance: Clearance
  readonly speaker: Speaker
  /** Null for a stranger. */
  readonly person: Person | null
  readonly session: Session
  /** The message that holds the command; null when a client ran it. */
  readonly row: Received | null
  readonly trace: string
  readonly args: string
}

/** `say`: the answer. `again`: `inbound`, which the row now holds, is taken up as a message of its own; null for a client. */
export type CommandResult =
  | {
      readonly kind: 'say'
      readonly text: string
      readonly secret?: boolean
      readonly choices?: readonly Choice[]
      /** It was not done: the text says why. */
      readonly fault?: FaultCode
    }
  | { readonly kind: 'again'; readonly text: string; readonly inbound: Inbound | null }

export interface ChatCommand {
  readonly name: string
  readonly usage: string
  readonly summary: string
  readonly level: Level
  readonly run: (context: ChatContext) => CommandResult | Promise<CommandResult>
}

/** The message as the call that a change is made by: taken up again after a crash it changes nothing a second time. */
export const callOf = ({ row }: ChatContext): { readonly call?: string } =>
  row ? { call: `inbox:${row.id}` } : {}

/** An answer that says nothing of anyone. */
export const say = (text: string, choices?: readonly Choice[]): CommandResult => ({
  kind: 'say',
  text,
  ...(choices ? { choices } : {}),
})

/** An answer that says what only this clearance may see. */
export const saySecret = (text: string): CommandResult => ({ kind: 'say', text, secret: true })

/** Why a command was not done. */
export function sayFault(error: unknown): CommandResult {
  const full = isStorageFault(error)
  const fault = error instanceof CoopError ? error.code : full ? 'disk_full' : 'input_invalid'
  return { kind: 'say', text: full ? storageWords(error) : messageOf(error), secret: true, fault }
}
