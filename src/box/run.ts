// Runs one command line to its end: output, deadline, watchdog, and the first reason to stop wins.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { CoopError, messageOf } from '../errors.ts'
import type { Origin } from '../store/entry.ts'
import { descriptors } from './bwrap.ts'
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

export interface Order {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** What is handed over on descriptors 3 and 4. */
  readonly args: Buffer
  readonly filter: Buffer
  /** Without a box the process group is all there is to kill. */
  readonly group: boolean
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
  const child = start(order)
  let ended: Ended = 'exit'
  let inner: number | undefined
  let closed = false
  const kill = () => {
    if (closed) return
    if (inner !== undefined) end(inner)
    end(order.group && child.pid !== undefined ? -child.pid : child.pid)
  }
  const stop = (why: Ended) => {
    if (ended === 'exit') ended = why
    kill()
  }
  const abort = () => stop('stopped')
  signal.addEventListener('abort', abort, { once: true })
  const deadline = setTimeout(() => stop('timeout'), order.wallMs)
  const output = collect(child, order, () => stop('output'))
  let reached = order.group
  let info = ''
  stream(child, descriptors.started).on('data', () => {
    reached = true
  })
  stream(child, descriptors.info).on('data', (chunk: Buffer) => {
    info += chunk
    const pid = /"child-pid"\s*:\s*(\d+)/.exec(info)?.[1]
    if (pid === undefined || inner !== undefined) return
    inner = Number(pid)
    if (ended !== 'exit') kill()
  })
  const watching = watch(() => inner ?? child.pid, order, stop)
  try {
    const code = await over(child, kill)
    closed = true
    if (!reached && ended === 'exit') {
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

function start(order: Order): ChildProcess {
  const [file, ...rest] = order.command
  try {
    const child = spawn(file!, rest, {
      cwd: order.cwd,
      // The spawner's own environment would show in the box as that of its first process.
      env: { ...order.env },
      detached: order.group,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    const give = (index: number, bytes: Uint8Array) => {
      const pipe = child.stdio[index] as Writable | null
      pipe?.on('error', () => {})
      pipe?.end(bytes)
    }
    give(descriptors.args, order.args)
    give(descriptors.seccomp, order.filter)
    give(0, order.stdin ?? Buffer.alloc(0))
    return child
  } catch (cause) {
    throw new CoopError('box_failed', `${file} could not be started: ${messageOf(cause)}`, { cause })
  }
}

function collect(child: ChildProcess, order: Order, tooMuch: () => void) {
  const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  let size = 0
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.on('data', (chunk: Buffer) => {
      const room = order.maxOutput - size
      size += chunk.length
      if (room > 0) chunks[name].push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      if (room > 0) order.onOutput?.(chunk.toString())
      if (size > order.maxOutput) tooMuch()
    })
  }
  return { stdout: () => Buffer.concat(chunks.stdout), stderr: () => Buffer.concat(chunks.stderr) }
}

/** Resolves when the process and its pipes are over; a program that cannot be started is a fault. */
function over(child: ChildProcess, kill: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    // What the command left behind may hold its output open; it goes too.
    child.once('exit', () => {
      kill()
      setTimeout(() => {
        for (const pipe of child.stdio) pipe?.destroy()
      }, 200).unref()
    })
    child.once('error', cause => {
      reject(
        new CoopError('box_failed', `${child.spawnfile} could not be started: ${messageOf(cause)}`, {
          cause,
        }),
      )
    })
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)))
  })
}

const stream = (child: ChildProcess, index: number): Readable => {
  const pipe = child.stdio[index] as Readable
  return pipe.on('error', () => {})
}

function end(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
