// What OpenAI says beside an answer of how much of a key's limits is left; others that speak its API may say nothing.
import type { OnLimits } from './adapter.ts'

const kinds = ['requests', 'tokens']

/** Tells the fullest of the limits for requests and for tokens; nothing where none is told. */
export function readOpenaiLimits(headers: Headers, onLimits: OnLimits): void {
  const told = kinds.flatMap(kind => {
    const limit = Number(headers.get(`x-ratelimit-limit-${kind}`))
    const remaining = headers.get(`x-ratelimit-remaining-${kind}`)
    const resetMs = durationMs(headers.get(`x-ratelimit-reset-${kind}`) ?? '')
    return limit > 0 && remaining !== null ? [{ share: 1 - Number(remaining) / limit, resetMs }] : []
  })
  const fullest = told.sort((a, b) => b.share - a.share)[0]
  if (fullest) onLimits(fullest.share, fullest.resetMs)
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Reads a time like `6m0s` or `250ms`. */
const durationMs = (text: string): number =>
  [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0),
    0,
  )
