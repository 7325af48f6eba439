// When today began, in the household's zone: for budgets, for what strangers may say a day, for what is told once a day.

const dayMs = 86_400_000

/** The beginning of the day that `now` lies in, in milliseconds since 1970. */
export function dayStart(now: number, timezone: string): number {
  const guess = now - sinceMidnight(now, timezone)
  // The clock may have been put forward or back since midnight.
  const off = sinceMidnight(guess, timezone)
  return off > dayMs / 2 ? guess + dayMs - off : guess - off
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
