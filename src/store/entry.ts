// What a conversation is made of: blocks in entries, each with its labels and its origin.
import type { Level } from '../access/levels.ts'

export type Block =
  | { readonly type: 'text'; readonly text: string }
  /** What the gateway told the model beside the message: time, notices, recalled memory. */
  | { readonly type: 'context'; readonly text: string }
  /** Kept with its signature through tool loops; `data` for what the provider redacted. */
  | { readonly type: 'thinking'; readonly text: string; readonly signature?: string; readonly data?: string }
  /** `malformed` says what is wrong with arguments that could not be taken. */
  | {
      readonly type: 'tool_call'
      readonly id: string
      readonly name: string
      readonly input: unknown
      readonly malformed?: string
    }
  | {
      readonly type: 'tool_result'
      readonly callId: string
      readonly name: string
      readonly text: string
      readonly isError: boolean
    }
  /** `data` is base64. */
  | { readonly type: 'image'; readonly mime: string; readonly data: string; readonly name?: string }
  /** `data` is base64 for a PDF, and the text itself for plain text. */
  | {
      readonly type: 'document'
      readonly mime: 'application/pdf' | 'text/plain'
      readonly data: string
      readonly name: string
      /** Near enough to reckon with. */
      readonly pages: number
    }

/** Where text came from, worst first. */
export const origins = ['outside', 'derived', 'public', 'familiar', 'inner', 'full', 'agent'] as const
export type Origin = (typeof origins)[number]

export type Role = 'user' | 'heard' | 'assistant' | 'tool' | 'summary' | 'notice'
export type CallState = 'planned' | 'running' | 'waiting' | 'done' | 'unknown'

export interface NewEntry {
  readonly role: Role
  readonly blocks: readonly Block[]
  /** Person id of who wrote it, null for the agent and the gateway. */
  readonly author: string | null
  /** The compartments that were open when it was made. */
  readonly labels: readonly string[]
  readonly origin: Origin
  readonly callId?: string
  readonly state?: CallState
}

export interface Entry extends NewEntry {
  readonly id: number
  readonly session: string
  readonly epoch: number
  readonly turn: string | null
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The origin of what a person of this level says; a stranger's words come from outside. */
export const originOf = (level: Level): Origin => (level === 'public' ? 'outside' : level)

/** The worst of the origins given; the agent's own when there are none. */
export function worst(given: Iterable<Origin>): Origin {
  let rank: number = origins.length - 1
  for (const origin of given) rank = Math.min(rank, origins.indexOf(origin))
  return origins[Math.max(rank, 0)]!
}

/** What the agent says after having read `seen`: derived once anything came from outside. */
export const saidAfter = (seen: Origin): Origin =>
  seen === 'outside' || seen === 'derived' ? 'derived' : 'agent'

/** The same value with every lone surrogate in its strings replaced: no provider or platform takes one. */
export function wellFormed<T>(value: T): T
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(inner => wellFormed<unknown>(inner))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, wellFormed<unknown>(inner)]))
}

/** The text a person would read in these blocks. */
export function plainText(blocks: readonly Block[]): string {
  return blocks.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('\n\n')
}

/** What an entry puts into the prompt of `turn`: results from outside leave it after the turn that read them. */
export function originIn(entry: Entry, turn: string): Origin[] {
  if (entry.role === 'notice') return []
  if (entry.role === 'tool' && entry.origin === 'outside' && entry.turn !== turn) return []
  return [entry.origin]
}
