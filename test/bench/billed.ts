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

export interface Bill {
  readonly paid: number
  /** What was paid for each kind of text. */
  readonly of: Readonly<Record<Kind, number>>
}

type Kind = 'tools' | 'prompt' | 'beside' | 'words' | 'answers' | 'calls' | 'results'

interface Piece {
  readonly kind: Kind
  readonly text: string
  readonly breakpoint: boolean
  readonly long: boolean
}

/** Each prefix up to a breakpoint is kept once it is large enough, and the longest that is still kept is read. */
export function billed(requests: readonly Billed[], smallestPrefix: number): Bill {
  const kept = new Map<string, number>()
  const of = { tools: 0, prompt: 0, beside: 0, words: 0, answers: 0, calls: 0, results: 0 }
  for (const { body, at } of requests) {
    const hash = createHash('sha256')
    const marks: { key: string; tokens: number; long: boolean }[] = []
    const parts: { kind: Kind; from: number; tokens: number }[] = []
    let size = 0
    for (const { kind, text, breakpoint, long } of piecesOf(body)) {
      hash.update(text)
      const tokens = countTokens(text)
      parts.push({ kind, from: size, tokens })
      size += tokens
      if (breakpoint && size >= smallestPrefix)
        marks.push({ key: hash.copy().digest('hex'), tokens: size, long })
    }
    const read = marks.findLast(mark => (kept.get(mark.key) ?? 0) >= at)?.tokens ?? 0
    const upTo = marks.at(-1)?.tokens ?? 0
    const write = marks.at(-1)?.long ? rates.long : rates.short
    for (const mark of marks) kept.set(mark.key, at + (mark.long ? keptMs.long : keptMs.short))
    for (const { kind, from, tokens } of parts)
      of[kind] += tokens * (from < read ? rates.read : from < upTo ? write : 1)
  }
  return { paid: Math.round(Object.values(of).reduce((sum, paid) => sum + paid, 0)), of }
}

/** A request in the order in which a provider caches it; the marks themselves are no content. */
function piecesOf({ tools, system, messages }: WireRequest): Piece[] {
  return [
    ...(tools ?? []).map(tool => pieceOf('tools', tool)),
    ...system.map(block => pieceOf('prompt', block)),
    ...messages.flatMap(({ role, content }) =>
      content.map(block => pieceOf(kindOf(role, block.type, block.text ?? ''), { role, ...block })),
    ),
  ]
}

function kindOf(role: string, type: string, text: string): Kind {
  if (type === 'tool_use') return 'calls'
  if (type === 'tool_result') return 'results'
  // What Coop tells beside a message begins with the line of its time.
  return role === 'assistant' ? 'answers' : text.startsWith('[') ? 'beside' : 'words'
}

function pieceOf(kind: Kind, block: object): Piece {
  const { cache_control: mark, ...rest } = block as { cache_control?: { ttl?: string } }
  return { kind, text: JSON.stringify(rest), breakpoint: mark !== undefined, long: mark?.ttl === '1h' }
}
