// Runs the tool calls that a step planned: reads side by side, everything else one after another.
import { z } from 'zod'
import type { Desk } from '../desk/desk.ts'
import { messageOf } from '../errors.ts'
import type { SessionEvent, ToolState } from '../protocol/events.ts'
import type { Block, Entry, Origin } from '../store/entry.ts'
import type { Tool, Traits } from '../tools/tool.ts'
import { followed } from './progress.ts'

/** What a person, a rule or the clock said to a call that needs consent. */
export type Consent =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'waiting' }

export interface CallRequest {
  readonly callId: string
  readonly tool: Tool
  readonly input: unknown
  readonly traits: Traits
}

export interface CallRules {
  /** Asks, or finds the answer; called again when the turn wakes. */
  readonly consent: (request: CallRequest, seen: Origin) => Consent
  /** Spends the approval; false when it was spent before. */
  readonly spend: (callId: string) => boolean
}

interface Planned {
  readonly entry: Entry
  readonly call: Extract<Block, { type: 'tool_call' }>
}

type ToolEvent = Extract<SessionEvent, { type: 'tool' }>

interface CallsEnd {
  /** A call waits for a person. */
  readonly waiting: boolean
  /** A call has begun something that will wake the turn. */
  readonly pending: boolean
  /** The turn was stopped before all calls had a result. */
  readonly stopped: boolean
}

/** Characters of one result that enter the transcript. */
const maxResult = 30_000

const interrupted =
  'A restart interrupted this call. Whether it took effect is not known, and it was not repeated. Find out before you do it again.'

/** The calls of this turn that have no result yet. */
export function plannedCalls(entries: readonly Entry[], turn: string): Planned[] {
  const calls = new Map<string, Planned['call']>()
  const open: Planned[] = []
  for (const entry of entries) {
    if (entry.turn !== turn) continue
    for (const block of entry.blocks) if (block.type === 'tool_call') calls.set(block.id, block)
    const call = entry.callId === undefined ? undefined : calls.get(entry.callId)
    if (entry.role === 'tool' && call && entry.state !== 'done' && entry.state !== 'unknown')
      open.push({ entry, call })
  }
  return open
}

/**
 * Brings every planned call to a result, or leaves it waiting. Yields what a live client sees.
 * Returns how that ended.
 */
export async function* runCalls(
  desk: Desk,
  planned: readonly Planned[],
  seen: Origin,
  rules: CallRules,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, CallsEnd> {
  let waiting = false
  let pending = false
  const reads: { planned: Planned; tool: Tool; input: unknown }[] = []
  const event = ({ call }: Planned, state: ToolState, detail: string, isError?: boolean): ToolEvent => ({
    type: 'tool',
    turn: desk.turn.id,
    call: call.id,
    name: call.name,
    state,
    detail: detail.slice(0, 400),
    ...(isError ? { isError } : {}),
  })
  const refuse = (item: Planned, text: string): SessionEvent => {
    end(desk, item, text, true, 'agent')
    return event(item, 'done', text, true)
  }

  for (const item of planned) {
    const checked = check(desk, item)
    if (checked.kind === 'refused') {
      yield refuse(item, checked.reason)
      continue
    }
    const { tool, input } = checked
    const traits = tool.traits(input, desk.hands(`${desk.turn.id}:${item.call.id}`))
    if (item.entry.state === 'running' && traits.effect === 'world') {
      end(desk, item, interrupted, true, 'agent', 'unknown')
      yield event(item, 'done', interrupted, true)
      continue
    }
    if (item.entry.state !== 'running') {
      const consent = rules.consent({ callId: item.call.id, tool, input, traits }, seen)
      if (consent.kind === 'denied') {
        yield refuse(item, consent.reason)
        continue
      }
      if (consent.kind === 'waiting') {
        desk.setCall(item.entry.id, 'waiting')
        waiting = true
        yield event(item, 'waiting', JSON.stringify(item.call.input))
        continue
      }
    }
    if (traits.effect === 'read') {
      reads.push({ planned: item, tool, input })
      continue
    }
    if (traits.effect === 'world' || item.entry.state === 'waiting') {
      desk.setCall(item.entry.id, 'running')
      if (item.entry.state === 'waiting' && !rules.spend(item.call.id)) {
        yield refuse(item, 'The approval for this call was used already.')
        continue
      }
    }
    const running = event(item, 'running', JSON.stringify(item.call.input))
    yield running
    // A call that a power cut erased would be made a second time.
    await desk.durable()
    if (signal.aborted) return { waiting, pending, stopped: true }
    const work = followed(onOutput => run(desk, item, tool, input, signal, onOutput))
    let step = await work.next()
    for (; !step.done; step = await work.next()) yield { ...running, output: step.value }
    if (step.value === null) return { waiting, pending, stopped: true }
    if (step.value.pending) pending = true
    else yield event(item, 'done', step.value.text, step.value.isError)
  }
  for (const { planned: item } of reads) yield event(item, 'running', JSON.stringify(item.call.input))
  const results = await Promise.all(
    reads.map(({ planned: item, tool, input }) => run(desk, item, tool, input, signal)),
  )
  for (const [index, result] of results.entries())
    if (result) yield event(reads[index]!.planned, 'done', result.text, result.isError)
  return { waiting, pending, stopped: results.includes(null) }
}

type Checked = { kind: 'ready'; tool: Tool; input: unknown } | { kind: 'refused'; reason: string }

function check(desk: Desk, { call }: Planned): Checked {
  const tool = desk.tools.find(candidate => candidate.name === call.name)
  if (!tool) return { kind: 'refused', reason: `There is no tool "${call.name}" here.` }
  if (call.malformed !== undefined) {
    return {
      kind: 'refused',
      reason: `The arguments were ${call.malformed}`,
    }
  }
  const parsed = tool.input.safeParse(call.input)
  if (!parsed.success)
    return { kind: 'refused', reason: `The arguments do not fit: ${z.prettifyError(parsed.error)}` }
  return { kind: 'ready', tool, input: parsed.data }
}

/** Null when the turn was stopped under the call, which then has no result. */
async function run(
  desk: Desk,
  item: Planned,
  tool: Tool,
  input: unknown,
  signal: AbortSignal,
  onOutput?: (chunk: string) => void,
) {
  let result: { text: string; isError: boolean; origin: Origin; pending?: true }
  try {
    const done = await tool.run(input, desk.hands(`${desk.turn.id}:${item.call.id}`, onOutput), signal)
    if (done.pending) {
      // As `running` it is asked again when the turn wakes, without a person's yes being asked for again.
      if (item.entry.state !== 'running') desk.setCall(item.entry.id, 'running')
      return { text: done.text, isError: false, pending: true }
    }
    result = { text: done.text, isError: done.isError ?? false, origin: done.origin ?? 'agent' }
  } catch (error) {
    if (signal.aborted) return null
    result = { text: messageOf(error), isError: true, origin: 'agent' }
  }
  end(desk, item, result.text, result.isError, result.origin)
  return result
}

function end(
  desk: Desk,
  { entry, call }: Planned,
  text: string,
  isError: boolean,
  origin: Origin,
  state?: 'unknown',
): void {
  const cut =
    text.length > maxResult
      ? `${text.slice(0, maxResult)}\n[cut: ${text.length - maxResult} more characters]`
      : text
  desk.endCall(
    entry.id,
    { callId: call.id, name: call.name, text: cut.toWellFormed() || '(no output)', isError },
    origin,
    state,
  )
}
