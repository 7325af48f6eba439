// Which part of a long conversation is in the prompt: moved rarely and far, so that the prefix stays cached.
import type { Entry } from '../store/entry.ts'
import { tokensOf } from './tokens.ts'

export interface WindowLimits {
  /** Tokens of history above which the window moves. */
  readonly most: number
  /** Tokens of history that are kept when it moves. */
  readonly keep: number
}

/** Estimated tokens of entries as they stand in a prompt. */
export const sizeOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { blocks }) => blocks.reduce((tokens, block) => tokens + tokensOf(block), sum), 0)

/**
 * The entry from which the window would begin if it kept `keep` tokens: somebody's message, and
 * never after `pinned`, the first entry that must stay. Null when nothing would leave.
 */
export function windowStart(
  entries: readonly Entry[],
  keep: number,
  pinned = Number.POSITIVE_INFINITY,
): number | null {
  let kept = 0
  let from: Entry | null = null
  for (const entry of entries.toReversed()) {
    kept += sizeOf([entry])
    if (kept > keep && from !== null && from.id <= pinned) break
    if (entry.role === 'user') from = entry
  }
  const first = entries.find(entry => entry.role !== 'summary')
  return from === null || from === first ? null : from.id
}
