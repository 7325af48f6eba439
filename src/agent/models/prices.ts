// What models cost, in US dollars a million tokens, as their providers publish it.
import type { Usage } from '../../store/turns.ts'

interface Price {
  readonly input: number
  readonly output: number
}

/** By the beginning of the model's own name; the longest beginning counts. */
const prices: readonly (readonly [string, Price])[] = [
  ['claude-opus-4-5', { input: 5, output: 25 }],
  ['claude-opus-4-6', { input: 5, output: 25 }],
  ['claude-opus-4', { input: 15, output: 75 }],
  ['claude-sonnet', { input: 3, output: 15 }],
  ['claude-haiku-4', { input: 1, output: 5 }],
  ['claude-3-5-haiku', { input: 0.8, output: 4 }],
]

/** Anthropic's factors on the input price for what its cache served and kept. */
const cacheRead = 0.1
const cacheWrite = 1.25

/** US dollars for one call; 0 for a model whose price is not known here. */
export function priceOf(model: string, usage: Usage): number {
  const name = model.slice(model.indexOf('/') + 1)
  let best: readonly [string, Price] | undefined
  for (const entry of prices) {
    if (name.startsWith(entry[0]) && (!best || entry[0].length > best[0].length)) best = entry
  }
  if (!best) return 0
  const { input, output } = best[1]
  const tokens = usage.input + usage.cacheRead * cacheRead + usage.cacheWrite * cacheWrite
  return (tokens * input + usage.output * output) / 1e6
}
