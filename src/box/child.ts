// A process as a box starts it: its descriptors, its end, and the end of all it started.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { CoopError, messageOf } from '../errors.ts'
import { descriptors } from './bwrap.ts'

export interface Launch {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** What is handed over on descriptors 3 and 4. */
  readonly args: Buffer
  readonly filter: Buffer
  /** Without a box the process group is all there is to kill. */
  readonly group: boolean
}

export interface Child {
  readonly process: ChildProcess
  /** Whether the command itself was reached; what came before it is the box's own start. */
  reached(): boolean
  /** The process to look at: the first in the box once it is known. */
  pid(): number | undefined
  /** Ends it and all that it started. */
  kill(): void
  /** Resolves to the exit status when the process and its pipes are over; a program that cannot be started is a fault. */
  over(): Promise<number>
}

/** Starts a process; throws `box_failed` if that is not possible. */
export function startChild(order: Launch): Child {
  const child = spawned(order)
  let inner: number | undefined
  let reached = order.group
  let killed = false
  let closed = false
  const sweep = () => {
    if (closed) return
    if (inner !== undefined) end(inner)
    end(order.group && child.pid !== undefined ? -child.pid : child.pid)
  }
  let info = ''
  stream(child, descriptors.started).on('data', () => {
    reached = true
  })
  stream(child, descriptors.info).on('data', (chunk: Buffer) => {
    info += chunk
    const pid = /"child-pid"\s*:\s*(\d+)/.exec(info)?.[1]
    if (pid === undefined || inner !== undefined) return
    inner = Number(pid)
    if (killed) sweep()
  })
  return {
    process: child,
    reached: () => reached,
    pid: () => inner ?? child.pid,
    kill() {
      killed = true
      sweep()
    },
    async over() {
      const code = await over(child, sweep)
      closed = true
      return code
    },
  }
}

function spawned(order: Launch): ChildProcess {
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
    return child
  } catch (cause) {
    throw new CoopError('box_failed', `${file} could not be started: ${messageOf(cause)}`, { cause })
  }
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
