// Dates in words: found in a text, resolved against the day it was said, and as index terms.

type Precision = 'day' | 'week' | 'month' | 'year'

/** A span of time that a text names. Milliseconds since 1970, `to` exclusive, both in UTC. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly precision: Precision
}

/** What a question says of a date; only the parts it names. */
export interface NamedDate {
  readonly year?: number
  /** 1 to 12. */
  readonly month?: number
  readonly day?: number
}

const months = 'january february march april may june july august september october november december'.split(
  ' ',
)
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const dayMs = 86_400_000
const month = `(${months.map(name => (name.length > 4 ? `${name}|${name.slice(0, 3)}\\.?` : name)).join('|')}|sept\\.?)`
const year = '((?:19|20)\\d\\d)'
const count = '(\\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)'
const numbers = 'zero one two three four five six seven eight nine ten'.split(' ')

const iso = /\b((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?\b/g
const dotted = /\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b/g
const dayFirst = new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${month}(?:,? ${year})?(?![\\w])`, 'gi')
const monthFirst = new RegExp(`\\b${month} (\\d{1,2})(?:st|nd|rd|th)?(?!\\d)(?:,? ${year})?(?![\\w])`, 'gi')
const monthYear = new RegExp(`\\b${month},? (?:of )?${year}\\b`, 'gi')
const monthAlone = new RegExp(
  `\\b(?:in|of|during|since|until|by|last|this|next|early|mid|late|around) ${month}(?![\\w])`,
  'gi',
)
const yearAlone = /\b(?:in|of|during|since|until|by|around|year) ((?:19|20)\d\d)\b/gi
const ago = new RegExp(`\\b${count} (day|week|month|year)s? ago\\b`, 'gi')
const near = new RegExp(`\\b(last|next|this) (week|weekend|month|year|${weekdays.join('|')})\\b`, 'gi')
const single = /\b(yesterday|today|tonight|tomorrow|last night|this morning)\b/gi

/** The dates that a text names outright. */
export function namedDates(text: string): NamedDate[] {
  const found: NamedDate[] = []
  let rest = text
  const take = (pattern: RegExp, read: (parts: readonly (string | undefined)[]) => NamedDate | undefined) => {
    rest = rest.replace(pattern, (...parts: unknown[]) => {
      const date = read(parts.slice(1) as (string | undefined)[])
      if (date) found.push(date)
      return date ? ' ' : String(parts[0])
    })
  }
  take(iso, ([y, m, d]) => named(y, Number(m), d))
  take(dotted, ([d, m, y]) => named(y, Number(m), d))
  take(dayFirst, ([d, m, y]) => named(y, monthOf(m), d))
  take(monthFirst, ([m, d, y]) => named(y, monthOf(m), d))
  take(monthYear, ([m, y]) => named(y, monthOf(m), undefined))
  take(monthAlone, ([m]) => named(undefined, monthOf(m), undefined))
  take(yearAlone, ([y]) => named(y, undefined, undefined))
  return found
}

/** The spans that a text said at `at` speaks of, relative ones ("yesterday") resolved against it. */
export function spansIn(text: string, at: number): Span[] {
  const today = startOfDay(at)
  const spans = namedDates(text).flatMap(date => spanOf(date, today) ?? [])
  for (const [, word] of text.matchAll(single)) {
    const shift = /yesterday|last night/i.test(word!) ? -1 : /tomorrow/i.test(word!) ? 1 : 0
    spans.push(dayAt(today + shift * dayMs))
  }
  for (const [, amount, unit] of text.matchAll(ago))
    spans.push(shifted(today, -numberOf(amount!), unit!.toLowerCase()))
  for (const [, which, unit] of text.matchAll(near))
    spans.push(relative(today, which!.toLowerCase(), unit!.toLowerCase()))
  return spans
}

/** Index terms for the day of `at` and for what the text says of time. */
export function dateTerms(at: number, text: string): string[] {
  const terms = new Set(termsOfDate(partsOf(at)))
  for (const span of spansIn(text, at)) {
    const { year, month, day } = partsOf(span.from)
    const date = {
      year,
      ...(span.precision === 'year' ? {} : { month }),
      ...(span.precision === 'day' ? { day } : {}),
    }
    for (const term of termsOfDate(date)) terms.add(term)
  }
  return [...terms]
}

/** The index terms of a date: of the parts it names. */
export const termsOfDate = (date: NamedDate): string[] => [
  ...(date.day === undefined ? [] : [`xd${date.day}`]),
  ...(date.month === undefined ? [] : [`xm${date.month}`]),
  ...(date.year === undefined ? [] : [`xy${date.year}`]),
]

/** Whether a text speaks of time at all. */
export const speaksOfTime = (text: string): boolean => timeWords.test(text) || namedDates(text).length > 0

const timeWords =
  /\b(?:yesterday|today|tonight|tomorrow|ago|weekend|(?:last|next|this|past) (?:night|morning|week|month|year|summer|winter|spring|fall|autumn|\w+day)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|recently|\d+ (?:days?|weeks?|months?|years?)|(?:19|20)\d\d|(?:a few|few|several|couple of|two|three|four|five|six|seven|eight|nine|ten) (?:days|weeks|months|years)|for years|since|january|february|march|april|june|july|august|september|october|november|december)\b/i

/** Year, month and day of a moment, in UTC. */
export function partsOf(at: number): Required<NamedDate> {
  const date = new Date(at)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** The calendar day of a moment, as people sort it. */
export const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

function named(y: string | undefined, m: number | undefined, d: string | undefined): NamedDate | undefined {
  const day = d === undefined ? undefined : Number(d)
  if ((m !== undefined && !(m >= 1 && m <= 12)) || (day !== undefined && !(day >= 1 && day <= 31)))
    return undefined
  return {
    ...(y === undefined ? {} : { year: Number(y) }),
    ...(m === undefined ? {} : { month: m }),
    ...(day === undefined ? {} : { day }),
  }
}

const monthOf = (name: string | undefined): number =>
  months.findIndex(full => full.startsWith((name ?? '?').toLowerCase().replace('.', '').slice(0, 3))) + 1

const startOfDay = (at: number): number => Math.floor(at / dayMs) * dayMs
const dayAt = (from: number): Span => ({ from, to: from + dayMs, precision: 'day' })
const numberOf = (word: string): number =>
  /^an?$/i.test(word) ? 1 : (numbers.indexOf(word.toLowerCase()) + 1 || Number(word) + 1) - 1

/** A date without its year is the nearest one not far ahead of the day it was said. */
function spanOf(date: NamedDate, today: number): Span | undefined {
  const now = partsOf(today)
  if (date.month === undefined) return date.year === undefined ? undefined : monthSpan(date.year, 1, 12)
  const year = date.year ?? (date.month > now.month + 6 ? now.year - 1 : now.year)
  if (date.day === undefined) return monthSpan(year, date.month, 1)
  return dayAt(Date.UTC(year, date.month - 1, date.day))
}

function monthSpan(year: number, month: number, months: number): Span {
  const precision = months === 12 ? 'year' : 'month'
  return { from: Date.UTC(year, month - 1, 1), to: Date.UTC(year, month - 1 + months, 1), precision }
}

function shifted(today: number, by: number, unit: string): Span {
  const { year, month } = partsOf(today)
  if (unit === 'day') return dayAt(today + by * dayMs)
  if (unit === 'week') return weekOf(today + by * 7 * dayMs)
  if (unit === 'month') return monthSpan(year, month + by, 1)
  return monthSpan(year + by, 1, 12)
}

function relative(today: number, which: string, unit: string): Span {
  const by = which === 'last' ? -1 : which === 'next' ? 1 : 0
  const weekday = weekdays.indexOf(unit)
  if (weekday >= 0) {
    const ahead = (weekday - new Date(today).getUTCDay() + 7) % 7
    return dayAt(today + (by < 0 ? ahead - 7 : ahead || (by > 0 ? 7 : 0)) * dayMs)
  }
  if (unit !== 'weekend') return shifted(today, by, unit)
  const saturday = weekOf(today + by * 7 * dayMs).from + 5 * dayMs
  return { from: saturday, to: saturday + 2 * dayMs, precision: 'day' }
}

/** The week of a day, from Monday. */
function weekOf(day: number): Span {
  const from = startOfDay(day) - ((new Date(day).getUTCDay() + 6) % 7) * dayMs
  return { from, to: from + 7 * dayMs, precision: 'week' }
}
