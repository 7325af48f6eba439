// The events of one answer of Anthropic's Messages API, read into those of the model contract.
import type Anthropic from '@anthropic-ai/sdk'
import type { Stream } from '@anthropic-ai/sdk/streaming'
import type { Block } from '../../store/entry.ts'
import type { Usage } from '../../store/turns.ts'
import { type ModelEvent, noUsage, type StopReason } from '../model.ts'
import { count, parseInput, uniqueId } from './adapter.ts'

/** What a stream has told so far: it is billed even if the rest never comes. */
export interface Heard {
  usage: Usage | null
  text: string
}

/** How long the end of a response may take after its last event. */
const drainMs = 50

interface Open {
  type: 'text' | 'thinking' | 'redacted' | 'tool' | 'other'
  text: string
  signature: string
  id: string
  name: string
}

export async function* read(
  stream: Stream<Anthropic.RawMessageStreamEvent>,
  heard: Heard,
): AsyncGenerator<ModelEvent> {
  const blocks: Block[] = []
  const open = new Map<number, Open>()
  const ids = new Set<string>()
  let usage: Usage = noUsage
  let stop: string | null = null
  let late: NodeJS.Timeout | undefined
  try {
    for await (const event of stream) {
      if (late) continue
      if (event.type === 'message_start')
        heard.usage = usage = { ...usage, ...inputUsage(event.message.usage) }
      else if (event.type === 'content_block_start') open.set(event.index, begin(event.content_block))
      else if (event.type === 'content_block_delta') {
        const block = open.get(event.index)
        if (!block) continue
        const { delta } = event
        heard.text += 'text' in delta ? delta.text : 'thinking' in delta ? delta.thinking : ''
        if (delta.type === 'text_delta') {
          block.text += delta.text
          yield { type: 'text', delta: delta.text }
        } else if (delta.type === 'thinking_delta') {
          block.text += delta.thinking
          yield { type: 'thinking', delta: delta.thinking }
        } else if (delta.type === 'signature_delta') block.signature += delta.signature
        else if (delta.type === 'input_json_delta') block.text += delta.partial_json
      } else if (event.type === 'content_block_stop') {
        const block = open.get(event.index)
        if (block) blocks.push(...finish(block, ids))
        open.delete(event.index)
      } else if (event.type === 'message_delta') {
        stop = event.delta.stop_reason
        usage = { ...usage, output: count(event.usage?.output_tokens) }
      }
      // A response that is read to its end leaves a connection for the next request; the end follows at once, or never.
      else if (event.type === 'message_stop') late = setTimeout(() => stream.controller.abort(), drainMs)
    }
  } catch (error) {
    if (!late) throw error
  } finally {
    clearTimeout(late)
  }
  yield late
    ? { type: 'done', blocks, stop: stopOf(stop), usage }
    : { type: 'failed', kind: 'broken', message: 'the stream ended in the middle' }
}

function begin(block: Anthropic.ContentBlock): Open {
  const base = { text: '', signature: '', id: '', name: '' }
  if (block.type === 'text') return { ...base, type: 'text', text: block.text ?? '' }
  if (block.type === 'thinking')
    return { ...base, type: 'thinking', text: block.thinking ?? '', signature: block.signature ?? '' }
  if (block.type === 'redacted_thinking') return { ...base, type: 'redacted', text: block.data }
  if (block.type === 'tool_use') return { ...base, type: 'tool', id: block.id, name: block.name }
  return { ...base, type: 'other' }
}

function finish(block: Open, ids: Set<string>): Block[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }]
  if (block.type === 'thinking') return [{ type: 'thinking', text: block.text, signature: block.signature }]
  if (block.type === 'redacted') return [{ type: 'thinking', text: '', data: block.text }]
  if (block.type === 'tool')
    return [{ type: 'tool_call', id: uniqueId(block.id, ids), name: block.name, ...parseInput(block.text) }]
  return []
}

const stopOf = (reason: string | null): StopReason =>
  reason === 'tool_use'
    ? 'tool_calls'
    : reason === 'max_tokens'
      ? 'max_tokens'
      : reason === 'refusal'
        ? 'refusal'
        : 'end'

function inputUsage(usage: Anthropic.Usage | undefined): Partial<Usage> {
  return {
    input: count(usage?.input_tokens),
    cacheRead: count(usage?.cache_read_input_tokens),
    cacheWrite: count(usage?.cache_creation_input_tokens),
    cacheLong: count(usage?.cache_creation?.ephemeral_1h_input_tokens),
  }
}
