// What the process was given beside its arguments; the only file that reads environment variables, and hands their values on.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CoopError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const environment = (): Environment => process.env

/** What the process was given beside its arguments. */
export interface Surroundings {
  readonly logLevel: string
  readonly traceFile: string | undefined
  readonly color: boolean
  /** Whether the terminal can move its cursor; if not, a chat there is plain lines. */
  readonly screen?: boolean
  /** Whether the locale's characters are UTF-8. */
  readonly utf8?: boolean
  /** What systemd asked for, if it started this process. */
  readonly supervisor?: { readonly notify: boolean; readonly watchdogMs: number | undefined }
  /** The usual home. */
  readonly home: string
  /** Where this person's programs keep their configuration. */
  readonly configHome?: string
}

/** Throws `usage_wrong` for a log level that there is not. */
export function surroundings(env: Environment = environment()): Surroundings {
  const known = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
  const level = env.COOP_LOG || 'info'
  if (!known.includes(level)) {
    throw new CoopError('usage_wrong', `COOP_LOG is "${level}"; it takes one of ${known.join(', ')}.`)
  }
  return {
    logLevel: level,
    traceFile: env.COOP_TRACE_FILE || undefined,
    color: !env.NO_COLOR && env.TERM !== 'dumb',
    screen: Boolean(env.TERM) && env.TERM !== 'dumb',
    utf8: process.platform === 'darwin' || /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
    supervisor: {
      notify: Boolean(env.NOTIFY_SOCKET),
      watchdogMs: env.WATCHDOG_USEC ? Number(env.WATCHDOG_USEC) / 1_000 : undefined,
    },
    home: join(homedir(), '.coop'),
    configHome: env.XDG_CONFIG_HOME || join(homedir(), '.config'),
  }
}

/** Where coop.toml is, in the order of the contract; undefined if nowhere. */
export function findConfig(given?: string, env: Environment = environment()): string | undefined {
  const named = given ?? env.COOP_CONFIG
  if (named) {
    const path = resolve(named)
    if (!existsSync(path))
      throw new CoopError('config_missing', `${path} does not exist; run \`coop init\` or name another file.`)
    return path
  }
  const xdg = env.XDG_CONFIG_HOME || join(homedir(), '.config')
  return [resolve('coop.toml'), join(xdg, 'coop', 'coop.toml'), join(homedir(), '.coop', 'coop.toml')].find(
    path => existsSync(path),
  )
}
