// A time said in words, to a rule or a local time: “every weekday at 7”, “tomorrow at 8”.

/** A rule as cron writes it, a local time as ISO 8601 writes it, or a moment in milliseconds since 1970. */
export type Told = { readonly cron: string } | { readonly local: string } | { readonly at: number }

/**
 * Reads English words; null unless every one of them is understood: a time that is read in part is another time.
 * `now` is in milliseconds since 1970.
 */
export async function toldTime(text: string, timezone: string, now: number): Promise<Told | null> {
  const words = text.trim().replace(/[.!]$/, '').replace(/\s+/g, ' ')
  const cron = ruleOf(words.toLowerCase())
  if (cron !== null) return { cron }
  const { parse } = await import('chrono-node/en')
  // What the clock on the wall shows there, as if it were UTC: the reader knows no zones that change.
  const wall = new Date(`${new Date(now).toLocaleString('sv-SE', { timeZone: timezone }).replace(' ', 'T')}Z`)
  const found = parse(words, { instant: wall, timezone: 0 }, { forwardDate: true })
  const [{ index, text: read, start, end } = { index: -1, text: '', start: null, end: null }] = found
  const rest = words.slice(0, Math.max(index, 0)) + words.slice(index + read.length)
  if (!start || end || found.length > 1 || /[^\s,]/.test(rest)) return null
  if (/^in\b/i.test(read) && /(?:second|minute|hour|day|week)s?$/i.test(read))
    return { at: now + start.date().getTime() - wall.getTime() }
  const at = start.date().toISOString()
  if (start.isCertain('hour')) return { local: at.slice(0, 19) }
  // Nobody who says “in the morning” means six.
  if (/\bmorning\b/i.test(read)) return { local: `${at.slice(0, 10)}T08:00:00` }
  if (/\b(?:noon|afternoon|evening|night|tonight|midnight)\b/i.test(read)) return { local: at.slice(0, 19) }
  return { local: `${at.slice(0, 10)}T09:00:00` }
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const groups: Readonly<Record<string, string>> = {
  day: '*',
  weekday: '1-5',
  'week day': '1-5',
  weekend: '0,6',
}
const hours: Readonly<Record<string, number>> = {
  morning: 8,
  noon: 12,
  afternoon: 15,
  evening: 20,
  night: 22,
}

const dayName = `(?:${weekdays.join('|')})s?`
const dayList = `(?:${dayName}(?:(?:, and |, | and )${dayName})*)`
const clockTime = String.raw`(?: at (?<time>\d{1,2}(?:[:.]\d{2})? ?(?:am|pm|o['’]clock)?|noon|midnight))`

const everyDay = new RegExp(
  `^(?:(?:every |each |on )?(?<days>${dayList})|(?:every|each) (?<group>day|week ?day|weekend)|(?<daily>daily)|(?:on )?(?<plural>weekdays|weekends)|(?:every|each) (?<part>morning|noon|afternoon|evening|night))${clockTime}?$`,
)
const everyFew = /^(?:every|each) (?:(?<count>\d{1,2}) )?(?<unit>minute|hour)s?$/
const everyMonth = new RegExp(
  String.raw`^(?:(?:every|each) month )?on the (?<day>\d{1,2})(?:st|nd|rd|th)?(?: (?:of )?(?:every|each) month)?${clockTime}?$`,
)

/** What comes again and again, as cron writes it. A single day's name is the next such day and no rule. */
function ruleOf(words: string): string | null {
  const few = everyFew.exec(words)?.groups
  if (few) {
    const count = Number(few.count ?? 1)
    const most = few.unit === 'minute' ? 60 : 24
    // Cron begins anew with each hour and day: what does not divide them would come unevenly.
    if (count === 0 || most % count !== 0) return null
    const step = count === 1 ? '*' : `*/${count}`
    if (few.unit === 'minute') return count === 60 ? '0 * * * *' : `${step} * * * *`
    return count === 24 ? '0 0 * * *' : `0 ${step} * * *`
  }
  const month = everyMonth.exec(words)?.groups
  if (month && /month/.test(words) && Number(month.day) >= 1 && Number(month.day) <= 31) {
    const time = fieldsOf(month.time ?? '9')
    return time && `${time} ${Number(month.day)} * *`
  }
  const found = everyDay.exec(words)?.groups
  if (!found) return null
  const { days, group, plural, part, time } = found
  const recurs = !days || /^(?:every|each) /.test(words) || /days\b/.test(days)
  if (!recurs) return null
  const on = days
    ? days
        .split(/, and |, | and /)
        .map(day => weekdays.indexOf(day.replace(/s$/, '')))
        .join(',')
    : (groups[(group ?? plural ?? 'day').replace(/s$/, '')] ?? '*')
  const fields = fieldsOf(time ?? String(hours[part ?? ''] ?? 9), part)
  return fields && `${fields} * * ${on}`
}

/** A time of day as cron's first two fields; null if no clock shows it. */
function fieldsOf(time: string, part?: string): string | null {
  if (time === 'noon') return '0 12'
  if (time === 'midnight') return '0 0'
  const [, digits, minutes = '0', half] = /^(\d{1,2})(?:[:.](\d{2}))? ?(am|pm)?/.exec(time) ?? []
  const said = Number(digits)
  if (half && (said < 1 || said > 12)) return null
  const late = half === 'pm' || (!half && said < 12 && /afternoon|evening|night/.test(part ?? ''))
  const hour = half ? (said % 12) + (late ? 12 : 0) : late ? said + 12 : said
  return hour < 24 && Number(minutes) < 60 ? `${Number(minutes)} ${hour}` : null
}
