// The chat completions API of OpenAI and everything that speaks it, streamed.
import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { openWire, type Wire, type WireResponse } from '../../http/wire.ts'
import type { Block } from '../../store/entry.ts'
import { type Message, type ModelEvent, type ModelRequest, noUsage, type StopReason } from '../model.ts'
import { type Adapter, count, type Endpoint, failureOf, parseInput, uniqueId } from './adapter.ts'
import { readOpenaiLimits } from './openai-limits.ts'

/** Where OpenAI itself is; everything else that speaks its API names a `base_url`. */
export const openaiUrl = 'https://api.openai.com/v1'

type Content = string | readonly Readonly<Record<string, unknown>>[] | null
interface Param {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: Content
  readonly tool_call_id?: string
  readonly tool_calls?: readonly Readonly<Record<string, unknown>>[]
}

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

export function openaiCompatible(): Adapter {
  const wire = openWire()
  return async function* (request, endpoint, signal, onLimits) {
    let response: WireResponse
    try {
      response = await ask(wire, request, endpoint, signal)
    } catch (error) {
      if (signal.aborted) yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      else yield failureOf(undefined, `no connection: ${causeOf(error)}`)
      return
    }
    try {
      if (!response.ok) {
        yield failureOf(response.status, textOf(await response.text()), response.headers)
        return
      }
      readOpenaiLimits(response.headers, onLimits)
      yield* read(chunks(response.body))
    } catch (error) {
      if (signal.aborted) yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      else yield { type: 'failed', kind: 'broken', message: causeOf(error) }
    }
  }
}

function ask(
  wire: Wire,
  request: ModelRequest,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<WireResponse> {
  return wire(`${(endpoint.baseUrl ?? openaiUrl).replace(/\/+$/, '')}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(endpoint.key === undefined ? {} : { authorization: `Bearer ${endpoint.key}` }),
      ...endpoint.headers,
    },
    body: JSON.stringify(paramsOf(request)),
    signal,
  })
}

async function* chunks(body: IncomingMessage): AsyncGenerator<Chunk> {
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

/** The provider's own words in an error body, whatever its shape. */
function textOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { error?: { message?: string } | string; message?: string }
    const said = typeof parsed.error === 'string' ? parsed.error : (parsed.error?.message ?? parsed.message)
    return said ?? body.slice(0, 300)
  } catch {
    return body.slice(0, 300) || 'no explanation'
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}

function paramsOf(request: ModelRequest) {
  const system = [request.system.stable, request.system.session].filter(Boolean).join('\n\n')
  return {
    model: request.model,
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: request.maxTokens,
    messages: [{ role: 'system', content: system }, ...request.messages.flatMap(messagesOf)],
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(tool => ({
            type: 'function' as const,
            function: { name: tool.name, description: tool.description, parameters: { ...tool.schema } },
          })),
        }),
  }
}

function messagesOf(message: Message): Param[] {
  if (message.role === 'assistant') {
    const content = textIn(message.blocks)
    const calls = message.blocks.flatMap(block =>
      block.type === 'tool_call'
        ? [
            {
              id: block.id,
              type: 'function' as const,
              function: { name: block.name, arguments: JSON.stringify(block.input) },
            },
          ]
        : [],
    )
    return [
      { role: 'assistant', content: content || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
    ]
  }
  const results = message.blocks.flatMap((block): Param[] =>
    block.type === 'tool_result' ? [{ role: 'tool', tool_call_id: block.callId, content: block.text }] : [],
  )
  const files = message.blocks.flatMap(fileOf)
  const text = textIn(message.blocks)
  if (files.length > 0)
    return [...results, { role: 'user', content: [{ type: 'text', text: text || '(a file)' }, ...files] }]
  return text ? [...results, { role: 'user', content: text }] : results
}

/** This API takes pictures and PDFs as parts of their own; plain text stands as text, under its name. */
function fileOf(block: Block): Readonly<Record<string, unknown>>[] {
  if (block.type === 'image')
    return [{ type: 'image_url', image_url: { url: `data:${block.mime};base64,${block.data}` } }]
  if (block.type !== 'document') return []
  if (block.mime === 'text/plain') return [{ type: 'text', text: `[${block.name}]\n${block.data}` }]
  const file_data = `data:application/pdf;base64,${block.data}`
  return [{ type: 'file', file: { filename: block.name, file_data } }]
}

const textIn = (blocks: readonly Block[]): string =>
  blocks
    .flatMap(block => (block.type === 'text' || block.type === 'context' ? [block.text] : []))
    .join('\n\n')

async function* read(stream: AsyncIterable<Chunk>): AsyncGenerator<ModelEvent> {
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
