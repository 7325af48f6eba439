// What a person or a model says of time, to a rule or a moment; and both back in words.
import { Cron } from 'croner'
import { isCron, isTimezone } from '../../config/keys.ts'
import { CoopError } from '../../errors.ts'
import type { JobTimes } from '../../store/jobs.ts'
import { clock } from '../zone.ts'
import { nextDue } from './due.ts'
import { toldTime } from './words.ts'

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const accepted =
  'write cron like "0 7 * * 1-5", a local time like 2026-12-24T18:00, HH:MM for the next such time, +10m, +2h, +3d from now, or words like "tomorrow at 8" and "every weekday at 7"'

/** Reads a time. Throws `input_invalid` with what is accepted, and for what is over. */
export async function readWhen(text: string, timezone: string, now: number): Promise<JobTimes> {
  if (!isTimezone(timezone))
    throw new CoopError('input_invalid', `“${timezone}” is no time zone; write one like "Europe/Lisbon".`)
  const words = text.trim()
  const read = readPlainly(words, timezone, now) ?? (await told(words, timezone, now))
  if (read === null) throw new CoopError('input_invalid', `“${text}” is not understood; ${accepted}.`)
  const found: JobTimes = { cron: null, at: null, ...read, timezone }
  if (nextDue(found, now) === null) throw new CoopError('input_invalid', `“${text}” is over, or never comes.`)
  return found
}

type When = { readonly cron: string } | { readonly at: number }

function readPlainly(words: string, timezone: string, now: number): When | null {
  const at = momentOf(words, timezone, now)
  return at !== null ? { at } : isCron(words) ? { cron: words } : null
}

async function told(words: string, timezone: string, now: number): Promise<When | null> {
  const time = await toldTime(words, timezone, now)
  return time && 'local' in time ? readPlainly(time.local, timezone, now) : time
}

function momentOf(words: string, timezone: string, now: number): number | null {
  const ahead = /^\+\s*(\d+)\s*([smhdw])$/i.exec(words)
  if (ahead) return now + Number(ahead[1]) * units[ahead[2]!.toLowerCase()]!
  const clockTime = /^(\d{1,2}):(\d{2})$/.exec(words)
  if (clockTime) {
    const rule = `${Number(clockTime[2])} ${Number(clockTime[1])} * * *`
    return isCron(rule) ? nextDue({ cron: rule, at: null, timezone }, now) : null
  }
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(words)) return null
  const iso = words.replace(' ', 'T')
  if (/(Z|[+-]\d{2}:?\d{2})$/.test(iso.slice(10))) return Date.parse(iso)
  const full = iso.length === 10 ? `${iso}T09:00:00` : iso.length === 16 ? `${iso}:00` : iso.slice(0, 19)
  return new Cron(full, { timezone, paused: true }).getOnce()?.getTime() ?? null
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** The rule or moment in words, in the job's own zone. */
export function inWords({ cron, at, timezone }: JobTimes): string {
  if (cron === null) return `${clock(at ?? 0, timezone)} ${timezone}`
  return `${ruleInWords(cron)} ${timezone}`
}

function ruleInWords(cron: string): string {
  const fields = cron.trim().split(/\s+/)
  const [minute, hour, day, month, weekday] = fields.length === 6 ? fields.slice(1) : fields
  const plain = (field: string | undefined) => /^\d+$/.test(field ?? '')
  if (fields.length === 6 && fields[0] !== '0') return `by the rule “${cron}”`
  if (month !== '*') return `by the rule “${cron}”`
  const every = /^\*\/(\d+)$/.exec(minute!)
  if (every && hour === '*' && day === '*' && weekday === '*') return `every ${every[1]} minutes`
  const hours = /^\*\/(\d+)$/.exec(hour!)
  if (minute === '0' && hours && day === '*' && weekday === '*') return `every ${hours[1]} hours`
  if (minute === '*' && hour === '*' && day === '*' && weekday === '*') return 'every minute'
  if (plain(minute) && hour === '*' && day === '*' && weekday === '*')
    return `every hour at :${minute!.padStart(2, '0')}`
  if (!plain(minute) || !plain(hour)) return `by the rule “${cron}”`
  const time = `at ${hour!.padStart(2, '0')}:${minute!.padStart(2, '0')}`
  if (day !== '*' && weekday === '*')
    return plain(day) ? `on day ${day} of every month ${time}` : `by the rule “${cron}”`
  if (day !== '*') return `by the rule “${cron}”`
  if (weekday === '*') return `every day ${time}`
  if (/^(1-5|mon-fri)$/i.test(weekday!)) return `every weekday ${time}`
  if (/^[0-7](,[0-7])*$/.test(weekday!))
    return `every ${weekday!
      .split(',')
      .map(number => days[Number(number)])
      .join(' and ')} ${time}`
  return `by the rule “${cron}”`
}
