// Given to a program by --import: what waits for five minutes of quiet, or comes every six hours, comes in an instant.
import { fileURLToPath } from 'node:url'

const shortened = new Map([
  [5 * 60_000, 300],
  [6 * 3_600_000, 500],
])

if (process.env.TEST_QUIET_HOURS !== undefined) {
  const { setTimeout: later, setInterval: every } = globalThis
  const soon = (ms?: number) => shortened.get(ms ?? 0) ?? ms
  globalThis.setTimeout = Object.assign(
    (...[run, ms, ...given]: Parameters<typeof later>) => later(run, soon(ms), ...given),
    later,
  ) as typeof later
  globalThis.setInterval = ((...[run, ms, ...given]: Parameters<typeof every>) =>
    every(run, soon(ms), ...given)) as typeof every
}

/** What a program needs in its environment. */
export const quietHours: Readonly<Record<string, string>> = {
  TEST_QUIET_HOURS: '1',
  NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}`,
}
