// Time as a household reads it: by its clock, by its day, in its zone.

/** By zone: making one is slow. */
const clocks = new Map<string, Intl.DateTimeFormat>()
const calendars = new Map<string, Intl.DateTimeFormat>()

/** A time to the minute, as "Sat 21 Nov 2026 13:30". */
export function clock(at: number, timezone: string): string {
  let format = clocks.get(timezone)
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
    clocks.set(timezone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(part => [part.type, part.value]))
  return `${parts.weekday} ${parts.day} ${parts.month} ${parts.year} ${parts.hour}:${parts.minute}`
}

let system: string | undefined

/** The time zone of this computer, asked once: asking is slow. */
export const systemTimezone = (): string => (system ??= Intl.DateTimeFormat().resolvedOptions().timeZone)

const dayMs = 86_400_000

/** The beginning of the day that `now` lies in, in milliseconds since 1970. */
export function dayStart(now: number, timezone: string): number {
  const guess = now - sinceMidnight(now, timezone)
  // The clock may have been put forward or back since midnight.
  const off = sinceMidnight(guess, timezone)
  return off > dayMs / 2 ? guess + dayMs - off : guess - off
}

/** The beginning of the first of the last `days` days, today among them. */
export function daysAgo(now: number, days: number, timezone: string): number {
  const noon = dayStart(now, timezone) + dayMs / 2
  return dayStart(noon - (days - 1) * dayMs, timezone)
}

/** The day of a moment, as "2026-11-21". */
export function dayName(at: number, timezone: string): string {
  const format = calendars.get(timezone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: timezone })
  calendars.set(timezone, format)
  return format.format(at)
}

/** What a clock in that zone has counted since it showed midnight, in milliseconds. */
function sinceMidnight(at: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find(found => found.type === type)?.value ?? 0)
  return ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1_000 + part('fractionalSecond')
}
