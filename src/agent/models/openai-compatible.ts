// The chat completions API of OpenAI and everything that speaks it, streamed.
import OpenAI from 'openai'
import type { Block } from '../../store/entry.ts'
import { type Message, type ModelEvent, type ModelRequest, noUsage, type StopReason } from '../model.ts'
import { type Adapter, type Endpoint, failureOf, parseInput, uniqueId } from './adapter.ts'

type Param = OpenAI.ChatCompletionMessageParam

export function openaiCompatible(): Adapter {
  const clients = new Map<string, OpenAI>()
  return async function* (request, endpoint, signal) {
    const name = JSON.stringify(endpoint)
    let client = clients.get(name)
    if (!client) clients.set(name, (client = clientFor(endpoint)))
    try {
      yield* read(await client.chat.completions.create(paramsOf(request), { signal }))
    } catch (error) {
      if (signal.aborted) yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      else if (error instanceof OpenAI.APIConnectionError)
        yield failureOf(undefined, `no connection: ${error.message}`)
      else if (error instanceof OpenAI.APIError)
        yield failureOf(error.status ?? 500, error.message, error.headers)
      else
        yield {
          type: 'failed',
          kind: 'broken',
          message: error instanceof Error ? error.message : String(error),
        }
    }
  }
}

function clientFor(endpoint: Endpoint): OpenAI {
  return new OpenAI({
    apiKey: endpoint.key ?? 'none',
    ...(endpoint.baseUrl === undefined ? {} : { baseURL: endpoint.baseUrl }),
    defaultHeaders: endpoint.headers,
    maxRetries: 0,
  })
}

function paramsOf(request: ModelRequest): OpenAI.ChatCompletionCreateParamsStreaming {
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
  const images = message.blocks.flatMap(block =>
    block.type === 'image'
      ? [{ type: 'image_url' as const, image_url: { url: `data:${block.mime};base64,${block.data}` } }]
      : [],
  )
  const text = textIn(message.blocks)
  if (images.length > 0)
    return [...results, { role: 'user', content: [{ type: 'text', text: text || '(image)' }, ...images] }]
  return text ? [...results, { role: 'user', content: text }] : results
}

const textIn = (blocks: readonly Block[]): string =>
  blocks
    .flatMap(block => (block.type === 'text' || block.type === 'context' ? [block.text] : []))
    .join('\n\n')

async function* read(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<ModelEvent> {
  let text = ''
  const calls = new Map<number, { id: string; name: string; json: string }>()
  let finish: string | null = null
  let usage = noUsage
  for await (const chunk of stream) {
    if (chunk.usage) {
      const cacheRead = chunk.usage.prompt_tokens_details?.cached_tokens ?? 0
      usage = {
        input: Math.max(0, (chunk.usage.prompt_tokens ?? 0) - cacheRead),
        output: chunk.usage.completion_tokens ?? 0,
        cacheRead,
        cacheWrite: 0,
      }
    }
    const choice = chunk.choices?.[0]
    if (!choice) continue
    if (choice.delta?.content) {
      text += choice.delta.content
      yield { type: 'text', delta: choice.delta.content }
    }
    for (const part of choice.delta?.tool_calls ?? []) {
      const call = calls.get(part.index) ?? { id: '', name: '', json: '' }
      calls.set(part.index, call)
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
  yield { type: 'done', blocks, stop: stopOf(finish, calls.size > 0), usage }
}

function stopOf(finish: string, hasCalls: boolean): StopReason {
  if (hasCalls) return 'tool_calls'
  return finish === 'length' ? 'max_tokens' : finish === 'content_filter' ? 'refusal' : 'end'
}
