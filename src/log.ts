// Logging with pino: a rolling file for `coop logs`, and the foreground's standard error.
import pino from 'pino'
import type { Redact } from './trace/redact.ts'
import type { RollingFile } from './trace/rolling-file.ts'

export type Log = pino.Logger

export interface LogOptions {
  readonly level: string
  readonly redact: Redact
  readonly file?: RollingFile
  /** Receives the readable form; absent when nobody watches. */
  readonly console?: { write(text: string): unknown }
}

/** Opens the log. Every line passes the redactor before it is written anywhere. */
export function openLog(options: LogOptions): Log {
  const write = (line: string) => {
    const clean = options.redact(line)
    options.file?.write(clean)
    options.console?.write(readable(clean))
  }
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    { write },
  )
}

/** A log that writes nothing. */
export const silentLog = (): Log => pino({ level: 'silent' })

const shown = new Set(['level', 'time', 'msg'])

/** One JSON log line as a person reads it. */
export function readable(line: string): string {
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line)
  } catch {
    return line
  }
  const rest = Object.entries(entry)
    .filter(([key]) => !shown.has(key))
    .map(([key, value]) => `${key}=${word(value)}`)
  const time = String(entry.time ?? '').slice(11, 19)
  const level = String(entry.level ?? '')
  return `${[time, level === 'info' ? '' : level, entry.msg, ...rest].filter(Boolean).join(' ')}\n`
}

function word(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return JSON.stringify(value) ?? ''
}
