// The turn loop: what the transcript lacks next decides the next step, so that resuming is the same as running.
import type { Desk } from '../desk/desk.ts'
import type { SessionEvent } from '../protocol/events.ts'
import { type Block, type NewEntry, plainText, saidAfter, wellFormed } from '../store/entry.ts'
import type { Spend, Usage } from '../store/turns.ts'
import { withOwnIds } from './call-ids.ts'
import { type CallRules, plannedCalls, runCalls } from './calls.ts'
import { correction, unfounded } from './claims.ts'
import { messagesOf, type NameOf } from './history.ts'
import {
  addUsage,
  type FailureKind,
  type Message,
  type ModelEvent,
  type ModelRequest,
  noUsage,
  type StreamModel,
} from './model.ts'
import { primed } from './primer.ts'
import type { SystemPrompt } from './prompt.ts'
import { hourPays } from './rhythm.ts'
import { withoutOldResults } from './shorten.ts'
import { specOf, specTokens } from './specs.ts'

export type Outcome =
  /** `entry` is not stored yet: it goes in with the reply's parts, in the commit that ends the turn. */
  | {
      readonly kind: 'reply'
      readonly entry: NewEntry
      readonly text: string
      readonly cost: Spend
      readonly usage: Usage
    }
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly entry: NewEntry | null; readonly usage: Usage }
  | {
      readonly kind: 'failed'
      readonly failure: FailureKind
      readonly message: string
      /** What was already said before the stream broke. */
      readonly entry: NewEntry | null
      readonly usage: Usage
    }

export interface TurnOptions {
  readonly stream: StreamModel
  /** provider/model, as configured. */
  readonly model: string
  readonly maxTokens: number
  readonly prompt: SystemPrompt
  readonly nameOf: NameOf
  readonly rules: CallRules
  /** Stores the messages that may join now; returns whether there were any. */
  readonly join: () => boolean
  /** `instead` names the model that stood in for the configured one. */
  readonly costOf: (usage: Usage, instead?: string) => Spend
  /** Model calls in this turn, if fewer than usual; after them it must sum up. */
  readonly maxSteps?: number
  /** Tokens below which the provider caches nothing; 0 where that is nothing to reckon with. */
  readonly smallestPrefix: number
}

/** Tokens of the shortest first message with the line above it: it stands in the cached prefix too. */
const leastMessage = 60

/** Model calls in one turn; after them it must sum up. */
const mostSteps = 40

const sumUp =
  '[Coop: this turn has used all its steps. Say now what was done, what was not, and what comes next. No more tools.]'

/** Runs or resumes a turn. Yields what a live client sees; returns how it ended. Throws only for bugs and storage faults. */
export async function* runTurn(
  desk: Desk,
  options: TurnOptions,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, Outcome> {
  const specs = desk.tools.map(specOf)
  const maxSteps = Math.min(options.maxSteps ?? mostSteps, mostSteps)
  const { prompt: system, keepLong } = paced(desk, options)
  let usage = noUsage
  let objection: Message[] = []
  let corrected = false
  let shortened = false
  let steps = desk.history().filter(entry => entry.turn === desk.turn.id && entry.role === 'assistant').length
  for (;;) {
    const history = desk.history()
    const seen = desk.seen()
    const planned = plannedCalls(history, desk.turn.id)
    if (planned.length > 0) {
      if (signal.aborted) return { kind: 'stopped', entry: null, usage }
      const { waiting, pending, stopped } = yield* runCalls(desk, planned, seen, options.rules, signal)
      if (stopped) return { kind: 'stopped', entry: null, usage }
      if (waiting) return { kind: 'waiting', reason: 'waiting for a person' }
      if (pending) return { kind: 'waiting', reason: 'waiting for a subagent' }
      continue
    }
    if (signal.aborted) return { kind: 'stopped', entry: null, usage }
    if (steps > 0 && options.join()) continue

    const last = steps >= maxSteps
    const shown = shortened ? (withoutOldResults(history, desk.turn.id) ?? history) : history
    const messages = [...messagesOf(shown, desk.turn.id, options.nameOf), ...objection]
    const request: ModelRequest = {
      model: options.model,
      tools: specs,
      system,
      messages: last ? [...messages.slice(0, -1), withText(messages.at(-1)!, sumUp)] : messages,
      maxTokens: options.maxTokens,
      keepLong,
    }
    const said = yield* relay(options.stream(request, signal), desk.turn.id)
    const make = (blocks: readonly Block[]): NewEntry => ({
      role: 'assistant',
      blocks,
      author: null,
      labels: desk.clearance.reads,
      origin: saidAfter(seen),
    })
    if (said.end.type === 'failed') {
      const entry = said.text.trim() ? make([{ type: 'text', text: said.text }]) : null
      if (said.end.usage) {
        usage = addUsage(usage, said.end.usage)
        desk.step([], options.costOf(said.end.usage))
      }
      if (signal.aborted) return { kind: 'stopped', entry, usage }
      const isLong = said.end.kind === 'overflow' && entry === null
      if (isLong && !shortened && withoutOldResults(history, desk.turn.id)) {
        shortened = true
        continue
      }
      return { kind: 'failed', failure: said.end.kind, message: said.end.message, entry, usage }
    }
    steps++
    usage = addUsage(usage, said.end.usage)
    const cost = options.costOf(said.end.usage, said.end.instead)
    objection = []
    const given = withOwnIds(said.end.blocks, history, desk.turn.id)
    const calls = given.flatMap(block => (block.type === 'tool_call' ? [block] : []))
    if (calls.length > 0 && !last) {
      const tools = calls.map(
        (call): NewEntry => ({
          role: 'tool',
          blocks: [],
          author: null,
          labels: desk.clearance.reads,
          origin: 'agent',
          callId: call.id,
          state: 'planned',
        }),
      )
      desk.step([make(given), ...tools], cost)
      const text = plainText(said.end.blocks)
      if (text.trim()) yield { type: 'message', turn: desk.turn.id, text, at: desk.now(), final: false }
      continue
    }
    const blocks = said.end.blocks.filter(block => block.type !== 'tool_call')
    const lies =
      corrected || last
        ? []
        : unfounded(
            plainText(blocks),
            history.filter(entry => entry.turn === desk.turn.id),
          )
    if (lies.length > 0) {
      corrected = true
      objection = [
        { role: 'assistant', blocks },
        { role: 'user', blocks: [{ type: 'text', text: correction(lies) }] },
      ]
      desk.step([], cost)
      continue
    }
    const note = noteOn(said.end)
    const text = plainText(blocks) + note
    const entry = make(note ? [...blocks, { type: 'text', text: note.trim() }] : blocks)
    return { kind: 'reply', entry, text, cost, usage }
  }
}

/** The prompt, long enough to be cached from the first message on, and kept for as long as the conversation's pace asks for. */
function paced(desk: Desk, { prompt, smallestPrefix }: TurnOptions) {
  const fixed = prompt.fixedTokens + specTokens(desk.tools)
  return { prompt: primed(prompt, smallestPrefix - fixed - leastMessage), keepLong: hourPays(desk.history()) }
}

/** What the person has to know about how an answer came to be. */
function noteOn({ stop, instead }: Extract<ModelEvent, { type: 'done' }>): string {
  const notes = [
    ...(stop === 'refusal' ? ['[The model declined to answer this.]'] : []),
    ...(stop === 'max_tokens' ? ['[The answer reached its length limit here.]'] : []),
    ...(instead === undefined ? [] : [`[${instead} answered: the usual model is not to be had just now.]`]),
  ]
  return notes.map(note => `\n\n${note}`).join('')
}

interface Said {
  readonly text: string
  readonly end: Extract<ModelEvent, { type: 'done' | 'failed' }>
}

/** Passes a stream on to live clients and keeps its text and its end. */
async function* relay(stream: AsyncIterable<ModelEvent>, turn: string): AsyncGenerator<SessionEvent, Said> {
  let text = ''
  for await (const event of stream) {
    if (event.type === 'done' || event.type === 'failed') return wellFormed({ text, end: event })
    if (event.type === 'text') text += event.delta
    yield { ...event, turn }
  }
  return { text, end: { type: 'failed', kind: 'broken', message: 'the stream ended without an end' } }
}

const withText = (
  message: ModelRequest['messages'][number],
  text: string,
): ModelRequest['messages'][number] => ({
  ...message,
  blocks: [...message.blocks, { type: 'text', text }],
})
