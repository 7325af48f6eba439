// What was spent, in words.
import { isUnpriced } from '../../agent/models/catalogue.ts'
import { CoopError } from '../../errors.ts'
import type { Spending, SpendRow } from '../../store/spending.ts'
import { dayName, daysAgo } from '../zone.ts'

const kinds = ['user', 'model', 'job', 'day'] as const

export interface UsageWish {
  readonly days: number
  readonly by: (typeof kinds)[number]
  /** Whose alone; null for everybody's. */
  readonly person: string | null
}

/** Reads `--days N --by model` or `7 model`. Throws `usage_wrong`. */
export function readUsageWish(args: string, person: string | null): UsageWish {
  const words = args
    .replace(/--(days|by)[= ]?/g, ' ')
    .split(/\s+/)
    .filter(Boolean)
  const by = kinds.find(kind => words.includes(kind))
  const days = words.find(word => /^\d+$/.test(word))
  const other = words.find(word => word !== by && word !== days)
  if (other !== undefined)
    throw new CoopError(
      'usage_wrong',
      `“${other}” is not understood; say --days N, --by user, model, job or day.`,
    )
  return { days: Math.min(Number(days ?? 1), 3_650), by: by ?? 'user', person }
}

/** The sums that were wished for, over whole days of the household’s zone; the dearest first, days newest first. */
export function usageRows(spending: Spending, wish: UsageWish, now: number, timezone: string): SpendRow[] {
  const from = daysAgo(now, wish.days, timezone)
  if (wish.by !== 'day') return spending.sums(wish.by, from, wish.person)
  const quarters = spending.sums('quarter', from, wish.person)
  const days = Map.groupBy(quarters, ({ name }) => dayName(Number(name), timezone))
  return [...days]
    .map(([name, rows]) => rows.reduce(together, { ...none, name }))
    .sort((a, b) => (a.name! < b.name! ? 1 : -1))
}

/** One line a name. */
export function usageText(spending: Spending, wish: UsageWish, now: number, timezone: string): string {
  const rows = usageRows(spending, wish, now, timezone)
  const total = rows.reduce((sum, row) => sum + row.usd, 0)
  const lines = rows.map(row => {
    const read = row.input + row.cacheRead + row.cacheWrite
    const unpriced = wish.by === 'model' && row.name !== null && isUnpriced(row.name)
    const usd = unpriced ? 'price not known' : `$${row.usd.toFixed(4)}`
    return `${row.name ?? 'none'}: ${usd}, ${row.calls} calls, ${read} tokens in (${row.cacheRead} from the cache), ${row.output} out`
  })
  const span = wish.days === 1 ? 'Today' : `The last ${wish.days} days`
  return [`${span}, by ${wish.by}: $${total.toFixed(4)}`, ...lines].join('\n')
}

const none = { calls: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, usd: 0 }

const together = (a: SpendRow, b: SpendRow): SpendRow => ({
  name: a.name,
  calls: a.calls + b.calls,
  input: a.input + b.input,
  output: a.output + b.output,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  usd: a.usd + b.usd,
})
