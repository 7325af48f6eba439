// How a conversation is paced decides what of it is worth keeping in a provider's cache, and for how long.
import type { Entry } from '../store/entry.ts'
import { sizeOf } from './window.ts'

/** Milliseconds that a provider keeps a prefix after its last use: usually, and for more money. */
const shortMs = 5 * 60_000
const longMs = 60 * 60_000
/** What writing and reading the prefix costs, against its plain input. */
const rates = { short: 1.25, long: 2, read: 0.1 }
/** Gaps that are looked back on, and the fewest that tell something. */
const lookedAt = 12
const fewest = 3

/**
 * Whether this conversation is cheaper with its prefix kept for an hour: each of its last gaps is billed
 * both ways. Messages every few minutes need only the short one, messages a day apart need neither.
 */
export function hourPays(entries: readonly Entry[]): boolean {
  const gaps = gapsOf(entries).slice(-lookedAt)
  if (gaps.length < fewest) return false
  const bill = (keptMs: number, write: number) =>
    gaps.reduce((sum, { ms }) => sum + (ms <= keptMs ? rates.read : write), 0)
  return bill(longMs, rates.long) < bill(shortMs, rates.short)
}

/**
 * Tokens that the prefix lacks to be cached at all, once a message followed another within the short time:
 * from then on more will follow. 0 while none did, and where the conversation had grown enough by then.
 * The same for every later turn, so that the prefix stays as it is. `fixed` is what stands before the history.
 */
export function lacking(entries: readonly Entry[], fixed: number, smallest: number): number {
  const quick = gapsOf(entries).find(({ ms }) => ms <= shortMs)
  if (!quick) return 0
  return Math.max(0, smallest - fixed - sizeOf(entries.slice(0, quick.before)))
}

/** The times between one person's message and the next, and how many entries stood before the later one. */
function gapsOf(entries: readonly Entry[]): { ms: number; before: number }[] {
  const gaps: { ms: number; before: number }[] = []
  let last: Entry | undefined
  for (const [index, entry] of entries.entries()) {
    if (entry.role !== 'user') continue
    if (last && last.turn !== entry.turn) gaps.push({ ms: entry.at - last.at, before: index })
    last = entry
  }
  return gaps
}
