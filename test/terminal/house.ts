// A home on disk with real Coop processes on it.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openPane, type Pane } from './pane.ts'

export const bin = fileURLToPath(new URL('../../src/bin.js', import.meta.url))

export interface House extends AsyncDisposable {
  readonly dir: string
  readonly config: string
  readonly env: Readonly<Record<string, string>>
  /** Runs a command to its end. */
  coop(args: readonly string[], input?: string): Promise<Ended>
  /** A gateway as a process; resolves when it is ready. */
  gateway(): Promise<ChildProcess>
  pane(
    args: readonly string[],
    options?: { columns?: number; rows?: number; env?: Record<string, string> },
  ): Pane
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface HouseOptions {
  /** Where a model listens; the offline one answers if absent. */
  readonly modelUrl?: string
  readonly toml?: string
}

export function openHouse({ modelUrl, toml = '' }: HouseOptions = {}): House {
  const dir = mkdtempSync(join(tmpdir(), 'coop-'))
  const config = join(dir, 'coop.toml')
  for (const folder of ['db', 'run', 'traces', 'workspaces/default'])
    mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 })
  writeFileSync(
    config,
    `[agent]\nid = "coop"\nmodel = "${modelUrl ? 'anthropic/claude-haiku-4-5' : 'offline/coop'}"\n\n[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["terminal:default"]\n\n[[users]]\nname = "Bob"\ntrust = "familiar"\nmatch = ["terminal:bob"]\n${toml}`,
    { mode: 0o600 },
  )
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    TERM: 'xterm-256color',
    ...(modelUrl ? { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: modelUrl } : {}),
  }
  const children = new Set<ChildProcess>()
  const panes = new Set<Pane>()
  const argv = (args: readonly string[]) => [bin, '--config', config, ...args]

  return {
    dir,
    config,
    env,
    coop: (args, input) => runNode(argv(args), { env, cwd: dir, ...(input === undefined ? {} : { input }) }),
    async gateway() {
      const child = spawn(process.execPath, argv(['start']), {
        env,
        cwd: dir,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.add(child)
      let said = ''
      child.stdout.on('data', chunk => (said += chunk))
      child.stderr.on('data', chunk => (said += chunk))
      for (const begun = Date.now(); !/^ready$/m.test(said); await sleep(20)) {
        if (child.exitCode !== null || Date.now() - begun > 60_000)
          throw new Error(`The gateway did not start:\n${said}`)
      }
      return child
    },
    pane(args, options = {}) {
      const { env: more = {}, ...size } = options
      const pane = openPane({
        command: [process.execPath, ...argv(args)],
        env: { ...env, ...more },
        cwd: dir,
        ...size,
      })
      panes.add(pane)
      return pane
    },
    async [Symbol.asyncDispose]() {
      for (const pane of panes) pane[Symbol.dispose]()
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await new Promise(resolve => child.once('exit', resolve))
      }
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Runs Node to its end. */
export function runNode(
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd: string; input?: string },
): Promise<Ended> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [...args],
      { env: options.env, cwd: options.cwd, maxBuffer: 64_000_000 },
      (error, stdout, stderr) =>
        resolve({
          code: error ? Number(error.code ?? 1) : 0,
          stdout: String(stdout),
          stderr: String(stderr),
        }),
    )
    child.stdin?.end(options.input ?? '')
  })
}
