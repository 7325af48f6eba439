// Every fault that an operator can meet, with its stable code. docs/errors.md lists the same codes.

/** Code to what it means and what to do; the message of a `CoopError` says it for the case at hand. */
export const faults = {
  aborted: 'The work was stopped: by a person, a newer message, a revoked clearance or the shutdown.',
  archive_invalid: 'A backup is damaged, incomplete, from a newer Coop, or its passphrase is another.',
  approval_invalid: 'The approval does not exist, was used, has timed out, or is not yours to give.',
  box_failed:
    'A box could not be started; nothing ran. `coop doctor` says which package or setting is missing.',
  channel_failed: 'A channel cannot work until somebody acts; the text says what to do.',
  clearance_misused: 'A room was entered without a clearance that the access room issued. This is a bug.',
  config_invalid:
    'The configuration does not fit its schema; the text names line, key and the nearest known key.',
  config_missing: 'No coop.toml was found; run `coop init`.',
  config_syntax: 'coop.toml is not valid TOML; the text names the line.',
  database_damaged: 'A database does not pass its integrity check; restore a backup.',
  database_replaced:
    'A database was moved, replaced or deleted under the running gateway, which takes nothing in and sends nothing until the file is back or `coop restart`.',
  database_newer:
    'A database was written by a newer Coop; it is left untouched. Install that version or newer.',
  disk_full: 'The disk is full or read-only; what was not stored was not acknowledged.',
  egress_refused:
    'A box or a fetch asked for a host that its level does not reach, or for a private address.',
  file_unreadable: 'A file or folder cannot be read or written; the text names it.',
  gateway_running: 'Another gateway has this home; attach to it or stop it.',
  gateway_unreachable: 'No gateway runs on this home; start one with `coop start`.',
  input_invalid: 'What was given is too large or malformed; the text says what is accepted.',
  key_missing: 'The provider has no key; set the variable that the text names.',
  model_unknown: 'No provider of that name is configured.',
  not_found: 'There is no such thing, or it is not yours to see.',
  not_permitted: 'Your level does not allow this here.',
  protocol_invalid: 'A client sent a request that the protocol does not know.',
  secret_literal: 'A secret stands literally in the configuration; write it as `env:NAME`.',
  service_failed: 'The system’s supervisor refused; the text holds its words.',
  session_missing: 'There is no such session.',
  tool_server_failed:
    'A tool server cannot be started, reached or understood; the text says which, why, and what to do.',
  usage_wrong: 'The command line is not understood; `coop help` lists the commands.',
} as const

export type FaultCode = keyof typeof faults

/** A fault with a code from the catalogue. `message` is one line that tells the reader what to do. */
export class CoopError extends Error {
  readonly code: FaultCode
  override readonly name = 'CoopError'

  constructor(code: FaultCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return linesOf(text).join(' ') || 'unknown error'
}

/** Whether a thrown thing is a refusal to store: SQLite's, the file system's, or that of a database that is no longer in its place. */
export function isStorageFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return (
    typeof code === 'string' &&
    /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN)|ENOSPC|EROFS|EDQUOT|EIO|database_replaced)/.test(code)
  )
}

/** Such a refusal, with what to do about it. */
export const storageWords = (error: unknown): string =>
  error instanceof CoopError
    ? error.message
    : `The disk is full or read-only (${messageOf(error)}); make room or mount it for writing, then try again.`

/** The lines that say something. A pattern for the gaps would take minutes over a page of blanks. */
const linesOf = (text: string): string[] => text.split('\n').flatMap(line => line.trim() || [])
