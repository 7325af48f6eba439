// Questions on a terminal; from a pipe, the answers are its lines.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CoopError } from '../errors.ts'
import type { Cli } from './command.ts'

/** One line. Throws `aborted` on Ctrl-C, `input_invalid` at end of file. */
export const ask = (cli: Cli, question: string): Promise<string> => lineFrom(cli, question, cli.stderr)

/** One line that is not shown while it is typed. Throws like `ask`. */
export async function askSecret(cli: Cli, question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  cli.stderr.write(question)
  try {
    return await lineFrom(cli, '', silent)
  } finally {
    if (cli.stdin.isTTY) cli.stderr.write('\n')
  }
}

async function lineFrom(cli: Cli, question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: cli.stdin, output, terminal: cli.stdin.isTTY === true })
  const leave = new AbortController()
  lines.once('close', () => leave.abort())
  try {
    return await lines.question(question, { signal: AbortSignal.any([cli.signal, leave.signal]) })
  } catch (cause) {
    if (cli.signal.aborted || cli.stdin.isTTY) throw new CoopError('aborted', 'Stopped.', { cause })
    throw new CoopError('input_invalid', 'The input ended before an answer.', { cause })
  } finally {
    lines.close()
  }
}
