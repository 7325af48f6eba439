// Lines of a file, or of standard input, as they come.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { CoopError, messageOf } from '../../errors.ts'
import type { Cli } from '../command.ts'

/** `-` is standard input. Throws `file_unreadable`. */
export async function* linesOf(path: string, cli: Cli): AsyncGenerator<string> {
  const input: Readable = path === '-' ? cli.stdin : createReadStream(path, 'utf8')
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      cli.signal.throwIfAborted()
      yield line
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new CoopError('file_unreadable', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
