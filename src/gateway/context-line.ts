// What changes from message to message, said beside the newest one so that the rest stays cached.

export interface ContextFacts {
  readonly now: number
  readonly timezone: string
  readonly channel: string
  /** When the message was written, if that was a while ago. */
  readonly writtenAt: number
  /** Volatile files, recalled memory, notices: each a paragraph. */
  readonly extra: readonly string[]
}

/** A message older than this, in milliseconds, has its own time told. */
const lateAfterMs = 5 * 60_000

export function contextLine(facts: ContextFacts): string {
  const late =
    facts.now - facts.writtenAt > lateAfterMs
      ? `; this was written ${clock(facts.writtenAt, facts.timezone)}`
      : ''
  const first = `[${clock(facts.now, facts.timezone)} ${facts.timezone}, by ${facts.channel}${late}]`
  return [first, ...facts.extra.filter(Boolean)].join('\n\n')
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** A time to the minute, as "Sat 21 Nov 2026 13:30". */
export function clock(at: number, timezone: string): string {
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timezone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(part => [part.type, part.value]))
  return `${parts.weekday} ${parts.day} ${parts.month} ${parts.year} ${parts.hour}:${parts.minute}`
}

let system: string | undefined

/** The time zone of this computer, asked once: asking is slow. */
export const systemTimezone = (): string => (system ??= Intl.DateTimeFormat().resolvedOptions().timeZone)
