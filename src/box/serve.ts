// Runs one long-lived program: its input and output stay open until somebody ends it, or it ends by itself.
import type { Readable, Writable } from 'node:stream'
import { type Launch, startChild } from './child.ts'
import type { Limits } from './limits.ts'
import { watch } from './watchdog.ts'

/** A program that serves. Disposing it ends it and all that it started. */
export interface Served extends AsyncDisposable {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves, never rejects, to how it ended, in words; the program's own last words are among them. */
  readonly ended: Promise<string>
}

export interface ServeOrder extends Launch {
  readonly maxMemory: number
  readonly disk: { readonly path: string; readonly reserve: number } | null
}

/** It is watched less closely than a command that runs for seconds. */
const everyMs = 2_000
const lastWords = 2_000

/**
 * The limits that the kernel holds a served program to. Runtimes reserve far more address space than they
 * use, WebAssembly ten gigabytes at once; what is really used is watched against the limit itself.
 */
export const roomy = (limits: Limits): Limits => ({ ...limits, memory: limits.memory * 8 })

/** Throws `box_failed` where nothing can be started at all; a box that does not come up shows in `ended`. */
export function serve(order: ServeOrder): Served {
  const child = startChild(order)
  const { stdin, stdout, stderr } = child.process
  let errors = ''
  let why: string | undefined
  stdin!.on('error', () => {})
  stdout!.on('error', () => {})
  stderr!
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-lastWords)
    })
  const stop = (reason: string) => {
    why ??= reason
    child.kill()
  }
  const watching = watch(
    child.pid,
    order,
    reason => stop(reason === 'memory' ? 'it used too much memory' : 'it was filling the disk'),
    everyMs,
  )
  const ended = child
    .over()
    .then(code => {
      const lines = errors.trim().split('\n')
      const last = (lines.findLast(line => /error/i.test(line)) ?? lines.at(-1))?.trim()
      const words = last ? `: ${last}` : ''
      if (why !== undefined) return why
      return child.reached() ? `it ended with status ${code}${words}` : `its box did not start${words}`
    }, String)
    .finally(watching)
  return {
    stdin: stdin!,
    stdout: stdout!,
    ended,
    [Symbol.asyncDispose]: async () => {
      stop('it was ended')
      await ended
    },
  }
}
