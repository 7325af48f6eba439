// Questions on a terminal; from a pipe, the answers are its lines.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CoopError } from '../errors.ts'
import type { Cli } from './command.ts'

/** One line that is not shown while it is typed. Throws `aborted` on Ctrl-C, `input_invalid` at end of file. */
export async function askSecret(cli: Cli, question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: cli.stdin, output: silent, terminal: cli.stdin.isTTY === true })
  const leave = new AbortController()
  lines.once('close', () => leave.abort())
  cli.stderr.write(question)
  try {
    return await lines.question('', { signal: AbortSignal.any([cli.signal, leave.signal]) })
  } catch (cause) {
    if (cli.signal.aborted || cli.stdin.isTTY) throw new CoopError('aborted', 'Stopped.', { cause })
    throw new CoopError('input_invalid', 'The input ended before an answer.', { cause })
  } finally {
    if (cli.stdin.isTTY) cli.stderr.write('\n')
    lines.close()
  }
}
