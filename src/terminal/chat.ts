// A chat in a terminal or a pipe: lines in, answers out.
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { CoopError } from '../errors.ts'
import { isFarewell } from './farewell.ts'
import type { Link } from './link.ts'
import type { Printer } from './printer.ts'

export interface ChatStreams {
  readonly stdin: Readable & { isTTY?: boolean }
  readonly stdout: Writable & { isTTY?: boolean }
}

export type ChatEnd = 'end' | 'interrupted' | 'gone'

/** Reads lines until the end of the input, each answered before the next. `refused` is told of a line that was not taken. For pipes. */
export async function pipeChat(
  { stdin }: ChatStreams,
  link: Link,
  refused: (error: CoopError) => void,
  signal: AbortSignal,
): Promise<ChatEnd> {
  let gone = false
  void link.client.closed.then(() => {
    gone = true
  })
  const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY, signal })
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue
      try {
        await link.ask(line, signal)
      } catch (error) {
        if (!gone && error instanceof CoopError) refused(error)
        else if (!gone) throw error
      }
      if (gone) return 'gone'
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return signal.aborted ? 'interrupted' : 'end'
}

/** A prompt in a terminal. Ctrl-C stops the running turn, twice it leaves; Ctrl-D leaves. */
export async function terminalChat(
  { stdin, stdout }: ChatStreams,
  link: Link,
  printer: Printer,
  signal: AbortSignal,
): Promise<ChatEnd> {
  const lines = createInterface({ input: stdin, output: stdout, prompt: '> ', historySize: 500 })
  let busy = 0
  let lastInterrupt = 0
  const { promise, resolve } = Promise.withResolvers<ChatEnd>()
  signal.addEventListener('abort', () => resolve('interrupted'), { once: true })
  void link.client.closed.then(() => resolve('gone'))

  lines.on('SIGINT', () => {
    const again = Date.now() - lastInterrupt < 2_000
    lastInterrupt = Date.now()
    if (again) return resolve('interrupted')
    if (busy > 0) void link.stop().catch(() => {})
    else stdout.write('\n(Ctrl-C again leaves)\n')
    lines.prompt()
  })
  lines.on('close', () => resolve('end'))
  lines.on('line', line => {
    if (line.trim() === '') return lines.prompt()
    if (isFarewell(line)) return lines.close()
    busy++
    link
      .ask(line)
      .catch(error => stdout.write(`${error instanceof Error ? error.message : String(error)}\n`))
      .finally(() => {
        busy--
        printer.settle()
        if (busy === 0) lines.prompt()
      })
  })
  lines.prompt()
  const end = await promise
  lines.close()
  return end
}
