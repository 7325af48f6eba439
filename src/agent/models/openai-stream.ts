// The chunks of one streamed chat completion, read into the events of the model contract.
import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import type { Block } from '../../store/entry.ts'
import { type ModelEvent, noUsage, type StopReason } from '../model.ts'
import { count, parseInput, uniqueId } from './adapter.ts'

/** What a streamed chunk may hold; providers leave out and add as they like. */
interface Chunk {
  readonly error?: { readonly message?: string; readonly code?: unknown }
  readonly usage?: {
    readonly prompt_tokens?: number
    readonly completion_tokens?: number
    readonly prompt_tokens_details?: { readonly cached_tokens?: number }
  } | null
  readonly choices?: readonly {
    readonly finish_reason?: string | null
    readonly delta?: {
      readonly content?: string | null
      readonly refusal?: string | null
      readonly tool_calls?: readonly {
        readonly index?: number
        readonly id?: string
        readonly function?: { readonly name?: string; readonly arguments?: string }
      }[]
    }
  }[]
}

/** The chunks as they arrive. */
export async function* chunksOf(body: IncomingMessage): AsyncGenerator<Chunk> {
  const arrived: string[] = []
  const parser = createParser({ onEvent: event => void arrived.push(event.data) })
  const decoder = new TextDecoder()
  let ended = false
  try {
    for await (const bytes of body.iterator({ destroyOnReturn: false })) {
      parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }))
      for (const data of arrived.splice(0)) {
        ended = data === '[DONE]'
        if (ended) return
        yield JSON.parse(data) as Chunk
      }
    }
  } finally {
    // Read to its end, the response leaves a connection for the next request.
    if (ended) body.resume()
    else body.destroy()
  }
}

/** Ends with exactly one `done` or `failed`. */
export async function* read(stream: AsyncIterable<Chunk>): AsyncGenerator<ModelEvent> {
  let text = ''
  const calls = new Map<number, { id: string; name: string; json: string }>()
  let finish: string | null = null
  let refused = false
  let usage = noUsage
  for await (const chunk of stream) {
    if (chunk.error) {
      yield { type: 'failed', kind: 'broken', message: chunk.error.message ?? 'the provider sent an error' }
      return
    }
    if (chunk.usage) {
      const cacheRead = count(chunk.usage.prompt_tokens_details?.cached_tokens)
      usage = {
        input: Math.max(0, count(chunk.usage.prompt_tokens) - cacheRead),
        output: count(chunk.usage.completion_tokens),
        cacheRead,
        cacheWrite: 0,
      }
    }
    const choice = chunk.choices?.[0]
    if (!choice) continue
    const { content, refusal } = choice.delta ?? {}
    if (refusal) refused = true
    if (content || refusal) {
      const delta = `${content ?? ''}${refusal ?? ''}`
      text += delta
      yield { type: 'text', delta }
    }
    for (const part of choice.delta?.tool_calls ?? []) {
      // Some leave the index out: a new id begins a new call.
      const at = part.index ?? (part.id ? calls.size : Math.max(0, calls.size - 1))
      const call = calls.get(at) ?? { id: '', name: '', json: '' }
      calls.set(at, call)
      call.id ||= part.id ?? ''
      call.name += part.function?.name ?? ''
      call.json += part.function?.arguments ?? ''
    }
    finish = choice.finish_reason ?? finish
  }
  if (finish === null) {
    yield { type: 'failed', kind: 'broken', message: 'the stream ended in the middle' }
    return
  }
  const ids = new Set<string>()
  const blocks: Block[] = [
    ...(text ? [{ type: 'text', text } as const] : []),
    ...[...calls.values()].map(
      call =>
        ({
          type: 'tool_call',
          id: uniqueId(call.id, ids),
          name: call.name,
          ...parseInput(call.json),
        }) as const,
    ),
  ]
  const stop = refused ? 'refusal' : stopOf(finish, calls.size > 0)
  yield { type: 'done', blocks, stop, usage }
}

function stopOf(finish: string, hasCalls: boolean): StopReason {
  if (hasCalls) return 'tool_calls'
  return finish === 'length' ? 'max_tokens' : finish === 'content_filter' ? 'refusal' : 'end'
}
