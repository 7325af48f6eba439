// What a provider with a prompt cache would bill for a row of requests, in tokens at the plain input rate.
import { createHash } from 'node:crypto'
import { countTokens } from '../../src/agent/tokens.ts'
import type { WireRequest } from '../support/fake-anthropic.ts'

/** Rates of a cache read and of a write for minutes and for an hour, against plain input. */
const rates = { read: 0.1, short: 1.25, long: 2 }
const keptMs = { short: 5 * 60_000, long: 60 * 60_000 }

export interface Billed {
  readonly body: WireRequest
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Each prefix up to a breakpoint is kept once it is large enough, and the longest that is still kept is read. */
export function billed(requests: readonly Billed[], smallestPrefix: number): { paid: number; whole: number } {
  const kept = new Map<string, number>()
  let paid = 0
  let whole = 0
  for (const { body, at } of requests) {
    const hash = createHash('sha256')
    const marks: { key: string; tokens: number; long: boolean }[] = []
    let size = 0
    for (const { text, breakpoint, long } of piecesOf(body)) {
      hash.update(text)
      size += countTokens(text)
      if (breakpoint && size >= smallestPrefix)
        marks.push({ key: hash.copy().digest('hex'), tokens: size, long })
    }
    const read = marks.findLast(mark => (kept.get(mark.key) ?? 0) >= at)?.tokens ?? 0
    const upTo = marks.at(-1)?.tokens ?? 0
    const write = marks.at(-1)?.long ? rates.long : rates.short
    for (const mark of marks) kept.set(mark.key, at + (mark.long ? keptMs.long : keptMs.short))
    paid += read * rates.read + (upTo - read) * write + (size - upTo)
    whole += size
  }
  return { paid: Math.round(paid), whole: Math.round(whole) }
}

/** A request in the order in which a provider caches it; the marks themselves are no content. */
function piecesOf({
  tools,
  system,
  messages,
}: WireRequest): { text: string; breakpoint: boolean; long: boolean }[] {
  const blocks = [
    ...(tools ?? []),
    ...system,
    ...messages.flatMap(({ role, content }) => content.map(block => ({ role, ...block }))),
  ]
  return blocks.map(block => {
    const { cache_control: mark, ...rest } = block as { cache_control?: unknown }
    return {
      text: JSON.stringify(rest),
      breakpoint: mark !== undefined,
      long: (mark as { ttl?: string } | undefined)?.ttl === '1h',
    }
  })
}
