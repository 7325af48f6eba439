// Runs one command line to its end: output, deadline, watchdog, and the first reason to stop wins.
import type { ChildProcess } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { CoopError, messageOf } from '../errors.ts'
import type { Origin } from '../store/entry.ts'
import { type Launch, startChild } from './child.ts'
import { watch } from './watchdog.ts'

/** Why a command ended. `exit` is its own doing; all else killed everything it had started. */
export type Ended = 'exit' | 'timeout' | 'stopped' | 'output' | 'memory' | 'disk'

export interface Ran {
  /** The exit status; 128 and the signal's number for one killed by a signal. */
  readonly code: number
  readonly ended: Ended
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** A connection left the box while it ran. */
  readonly reached?: boolean
  /** Where its output came from, if its reading and writing was followed. */
  readonly origin?: Origin
}

export interface Order extends Launch {
  readonly stdin?: Uint8Array
  readonly wallMs: number
  readonly maxOutput: number
  readonly maxMemory: number
  /** A folder whose disk must not be filled, and how many bytes stay free on it. */
  readonly disk: { readonly path: string; readonly reserve: number } | null
  readonly onOutput?: (chunk: string) => void
}

/** Throws `box_failed` when the command was never reached; whatever happens after that is a result. */
export async function run(order: Order, signal: AbortSignal): Promise<Ran> {
  if (signal.aborted) return { code: 137, ended: 'stopped', stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const child = startChild(order)
  child.process.stdin!.on('error', () => {}).end(order.stdin ?? Buffer.alloc(0))
  let ended: Ended = 'exit'
  const stop = (why: Ended) => {
    if (ended === 'exit') ended = why
    child.kill()
  }
  const abort = () => stop('stopped')
  signal.addEventListener('abort', abort, { once: true })
  const deadline = setTimeout(() => stop('timeout'), order.wallMs)
  const output = collect(child.process, order, () => stop('output'))
  const watching = watch(child.pid, order, stop)
  try {
    const code = await child.over()
    if (!child.reached() && ended === 'exit') {
      throw new CoopError(
        'box_failed',
        `The box did not start: ${messageOf(output.stderr().toString() || `status ${code}`)}`,
      )
    }
    return { code, ended, stdout: output.stdout(), stderr: output.stderr() }
  } finally {
    watching()
    clearTimeout(deadline)
    signal.removeEventListener('abort', abort)
  }
}

function collect(child: ChildProcess, order: Order, tooMuch: () => void) {
  const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  let size = 0
  for (const name of ['stdout', 'stderr'] as const) {
    // A letter may come in two pieces.
    const letters = new StringDecoder('utf8')
    child[name]!.on('data', (chunk: Buffer) => {
      const room = order.maxOutput - size
      size += chunk.length
      if (room > 0) chunks[name].push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      const text = letters.write(chunk)
      if (room > 0 && text !== '') order.onOutput?.(text)
      if (size > order.maxOutput) tooMuch()
    })
  }
  return { stdout: () => Buffer.concat(chunks.stdout), stderr: () => Buffer.concat(chunks.stderr) }
}
