// How a conversation is paced decides for how long it is worth keeping in a provider's cache.
import type { Entry } from '../store/entry.ts'

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
    gaps.reduce((sum, ms) => sum + (ms <= keptMs ? rates.read : write), 0)
  return bill(longMs, rates.long) < bill(shortMs, rates.short)
}

/** The times between one person's message and the next, in milliseconds. */
function gapsOf(entries: readonly Entry[]): number[] {
  const gaps: number[] = []
  let last: Entry | undefined
  for (const entry of entries) {
    if (entry.role !== 'user') continue
    if (last && last.turn !== entry.turn) gaps.push(entry.at - last.at)
    last = entry
  }
  return gaps
}
