// A real terminal for tests: one tmux server of its own, with one pane that runs a command.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Pane extends Disposable {
  /** Types characters as they are. */
  type(text: string): void
  /** Presses keys by their tmux names: Enter, C-c, Escape. */
  press(...keys: string[]): void
  /** Pastes as a terminal does, in brackets. */
  paste(text: string): void
  resize(columns: number, rows: number): void
  /** What is on the screen, trailing blanks cut. */
  screen(): string
  /** The screen with everything above it. */
  all(): string
  /** The screen with its colours. */
  coloured(): string
  /** Waits until the screen fits; throws with the screen when it does not in time. */
  until(wanted: RegExp | ((screen: string) => boolean), timeoutMs?: number): Promise<string>
}

export interface PaneOptions {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly columns?: number
  readonly rows?: number
}

export function openPane({ command, env, cwd, columns = 80, rows = 24 }: PaneOptions): Pane {
  const server = `coop-test-${randomUUID().slice(0, 8)}`
  const tmux = (args: readonly string[], input?: string): string =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(input === undefined ? {} : { input }),
    })
  const vars = Object.entries({ LANG: 'C.UTF-8', ...env }).map(([name, value]) => `${name}=${value}`)
  // Beside the pane a shell holds the server up, so that a command that ends leaves its screen to be read.
  const shell = `env ${vars.map(quoted).join(' ')} ${command.map(quoted).join(' ')}; echo "[left with $?]"; sleep 1000`
  tmux([
    '-u',
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    String(rows),
    '-c',
    cwd,
    shell,
    ';',
    'set',
    '-g',
    'window-size',
    'manual',
    ';',
    'set',
    '-g',
    'history-limit',
    '50000',
  ])
  const capture = (...more: string[]) =>
    tmux(['capture-pane', '-p', ...more])
      .split('\n')
      .map(line => line.trimEnd())
      .join('\n')
      .trimEnd()

  return {
    type: text => void tmux(['send-keys', '-l', text]),
    press: (...keys) => void tmux(['send-keys', ...keys]),
    paste(text) {
      tmux(['load-buffer', '-'], text)
      tmux(['paste-buffer', '-p', '-r'])
    },
    resize: (width, height) => void tmux(['resize-window', '-x', String(width), '-y', String(height)]),
    screen: () => capture(),
    all: () => capture('-S', '-'),
    coloured: () => capture('-e'),
    async until(wanted, timeoutMs = 60_000) {
      const fits = typeof wanted === 'function' ? wanted : (screen: string) => wanted.test(screen)
      for (const begun = Date.now(); ; await sleep(30)) {
        const screen = capture()
        if (fits(screen)) return screen
        if (Date.now() - begun > timeoutMs)
          throw new Error(`The screen never became ${String(wanted)}; it is:\n${screen}`)
      }
    },
    [Symbol.dispose]: () => void tmux(['kill-server']),
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
