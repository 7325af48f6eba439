// What a provider with a prompt cache would bill for a row of requests, in tokens at the plain input rate.
import { createHash } from 'node:crypto'
import { countTokens } from '../../src/agent/tokens.ts'
import type { WireRequest } from '../support/fake-anthropic.ts'

/** Rates of a cache read and a cache write against plain input, and the smallest prefix that is cached. */
const rates = { read: 0.1, write: 1.25 }
const smallestPrefix = 4_096

/** Each prefix up to a breakpoint is kept once it is large enough, and the longest known one is read. */
export function billed(requests: readonly WireRequest[]): { paid: number; whole: number } {
  const kept = new Set<string>()
  let paid = 0
  let whole = 0
  for (const request of requests) {
    const hash = createHash('sha256')
    const marks: { key: string; tokens: number }[] = []
    let size = 0
    for (const { text, breakpoint } of piecesOf(request)) {
      hash.update(text)
      size += countTokens(text)
      if (breakpoint && size >= smallestPrefix) marks.push({ key: hash.copy().digest('hex'), tokens: size })
    }
    const read = marks.findLast(mark => kept.has(mark.key))?.tokens ?? 0
    const upTo = marks.at(-1)?.tokens ?? 0
    for (const mark of marks) kept.add(mark.key)
    paid += read * rates.read + (upTo - read) * rates.write + (size - upTo)
    whole += size
  }
  return { paid: Math.round(paid), whole: Math.round(whole) }
}

/** A request in the order in which a provider caches it; the marks themselves are no content. */
function piecesOf({ tools, system, messages }: WireRequest): { text: string; breakpoint: boolean }[] {
  const blocks = [
    ...(tools ?? []),
    ...system,
    ...messages.flatMap(({ role, content }) => content.map(block => ({ role, ...block }))),
  ]
  return blocks.map(block => {
    const { cache_control: mark, ...rest } = block as { cache_control?: unknown }
    return { text: JSON.stringify(rest), breakpoint: mark !== undefined }
  })
}
