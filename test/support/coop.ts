// Runs the real program: one command to its end, or a gateway until it is stopped or killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestHome } from './home.ts'

const program = fileURLToPath(new URL('../../src/bin.js', import.meta.url))

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Milliseconds before it is killed; then `code` is null. */
  readonly timeoutMs?: number
}

/** Runs `coop` with `args` on `home` and waits for its end. */
export async function runCoop(
  home: TestHome,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...home.env, ...options.env },
    cwd: options.cwd ?? home.dir,
  })
  const output = collect(child)
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 100_000)
  const code = await ended(child)
  clearTimeout(timer)
  return { code, ...output() }
}

export interface RunningGateway extends AsyncDisposable {
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly spawnedAt: number
  /** Resolves when it says that it is ready; rejects with what it said if it ends before. */
  readonly ready: Promise<void>
  stderr(): string
  alive(): boolean
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>
}

/** Starts `coop start` on `home` and waits until it is ready. Throws what it said if it ends before. */
export async function startGateway(home: TestHome): Promise<RunningGateway> {
  const gateway = spawnGateway(home)
  await gateway.ready
  return gateway
}

/** Starts `coop start` on `home`. */
export function spawnGateway(home: TestHome): RunningGateway {
  const spawnedAt = Date.now()
  const child = spawn(process.execPath, [program, 'start'], { env: home.env, cwd: home.dir })
  const output = collect(child)
  const end = ended(child)
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (output().stdout.includes('ready\n')) resolve()
    })
    void end.then(code =>
      reject(new Error(`the gateway ended with ${code} before it was ready: ${output().stderr}`)),
    )
  })
  ready.catch(() => {})
  const alive = () => child.exitCode === null && child.signalCode === null
  const signal = async (name: NodeJS.Signals) => {
    if (alive()) child.kill(name)
    return end
  }
  return {
    pid: child.pid!,
    spawnedAt,
    ready,
    stderr: () => output().stderr,
    alive,
    kill: async () => void (await signal('SIGKILL')),
    stop: () => signal('SIGTERM'),
    [Symbol.asyncDispose]: async () => void (await signal('SIGKILL')),
  }
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  return () => ({ stdout, stderr })
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise(resolve => child.once('close', code => resolve(code)))
