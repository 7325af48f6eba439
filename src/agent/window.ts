// Which part of a long conversation is in the prompt: moved rarely and far, so that the prefix stays cached.
import type { Entry } from '../store/entry.ts'
import { countTokens } from './tokens.ts'

export interface WindowLimits {
  /** Tokens of history above which the window moves. */
  readonly most: number
  /** Tokens of history that are kept when it moves. */
  readonly keep: number
}

/** The entry from which the window now begins; `null` when it stays. A window begins with somebody's message. */
export function moveWindow(entries: readonly Entry[], limits: WindowLimits): number | null {
  const sizes = entries.map(entry => countTokens(JSON.stringify(entry.blocks)))
  if (sizes.reduce((sum, size) => sum + size, 0) <= limits.most) return null
  let kept = 0
  let from: number | null = null
  for (let index = entries.length - 1; index >= 0; index--) {
    kept += sizes[index]!
    if (kept > limits.keep && from !== null) break
    if (entries[index]!.role === 'user') from = entries[index]!.id
  }
  return from
}
