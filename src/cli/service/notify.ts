// Tells systemd that the gateway is ready, alive and stopping, where systemd asked to be told.
import { spawn } from 'node:child_process'

export interface Supervisor {
  /** Whether NOTIFY_SOCKET is set. */
  readonly notify: boolean
  /** Milliseconds within which a sign of life is expected. */
  readonly watchdogMs: number | undefined
}

export interface Notifier extends Disposable {
  ready(): void
  stopping(): void
}

/**
 * The socket takes datagrams, which Node cannot send to a path, so systemd's own small program sends them.
 * Signs of life come from the event loop: one that hangs for good ends them, and systemd starts the gateway again.
 */
export function openNotifier({ notify, watchdogMs }: Supervisor): Notifier {
  if (!notify) return { ready() {}, stopping() {}, [Symbol.dispose]() {} }
  const say = (word: string) => {
    const child = spawn('systemd-notify', [word], { stdio: 'ignore' })
    child.on('error', () => {})
    child.unref()
  }
  let alive: NodeJS.Timeout | undefined
  return {
    ready() {
      say('--ready')
      if (watchdogMs) {
        alive = setInterval(() => say('WATCHDOG=1'), watchdogMs / 3)
        alive.unref()
      }
    },
    stopping: () => say('STOPPING=1'),
    [Symbol.dispose]: () => clearInterval(alive),
  }
}
