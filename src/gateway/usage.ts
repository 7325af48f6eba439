// What was spent, in words.
import { CoopError } from '../errors.ts'
import type { SpendBy, Spending } from '../store/spending.ts'

const kinds = ['user', 'model', 'job', 'day'] as const

export interface UsageWish {
  readonly days: number
  readonly by: SpendBy
  /** Whose alone; null for everybody's. */
  readonly person: string | null
}

/** Reads `--days N --by model` or `7 model`. Throws `usage_wrong`. */
export function readUsageWish(args: string, person: string | null): UsageWish {
  const words = args
    .replace(/--(days|by)[= ]?/g, ' ')
    .split(/\s+/)
    .filter(Boolean)
  const by = words.find(word => (kinds as readonly string[]).includes(word)) as SpendBy | undefined
  const days = words.find(word => /^\d+$/.test(word))
  const other = words.find(word => word !== by && word !== days)
  if (other !== undefined)
    throw new CoopError(
      'usage_wrong',
      `“${other}” is not understood; say --days N, --by user, model, job or day.`,
    )
  return { days: Math.min(Number(days ?? 1), 3_650), by: by ?? 'user', person }
}

/** One line a name, the dearest first. */
export function usageText(spending: Spending, wish: UsageWish, today: number): string {
  const rows = spending.sums(wish.by, today - (wish.days - 1) * 86_400_000, wish.person)
  const total = rows.reduce((sum, row) => sum + row.usd, 0)
  const lines = rows.map(row => {
    const read = row.input + row.cacheRead + row.cacheWrite
    return `${row.name ?? 'none'}: $${row.usd.toFixed(4)}, ${row.calls} calls, ${read} tokens in (${row.cacheRead} from the cache), ${row.output} out`
  })
  const span = wish.days === 1 ? 'Today' : `The last ${wish.days} days`
  return [`${span}, by ${wish.by}: $${total.toFixed(4)}`, ...lines].join('\n')
}
