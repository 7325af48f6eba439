// Anthropic's Messages API, streamed, with cache breakpoints where the design puts them.
import Anthropic from '@anthropic-ai/sdk'
import type { Stream } from '@anthropic-ai/sdk/streaming'
import { openWire, type Wire } from '../../http/wire.ts'
import type { Block } from '../../store/entry.ts'
import type { Usage } from '../../store/turns.ts'
import { type Message, type ModelEvent, type ModelRequest, noUsage, type StopReason } from '../model.ts'
import { type Adapter, type Endpoint, failureOf, parseInput, readLimits, uniqueId } from './adapter.ts'

type Params = Anthropic.MessageCreateParamsStreaming
type Content = Anthropic.ContentBlockParam

const limitKinds = ['requests', 'tokens', 'input-tokens', 'output-tokens']

const short = { cache_control: { type: 'ephemeral' } } as const
const long = { cache_control: { type: 'ephemeral', ttl: '1h' } } as const

/** How long the end of a response may take after its last event. */
const drainMs = 50

/** A Claude Code OAuth token goes as a bearer token with its beta header, a standard key as `x-api-key`: the SDK would make a bearer token of either. */
function clientFor(endpoint: Endpoint, wire: Wire): Anthropic {
  const { key } = endpoint
  const oauth = key?.startsWith('sk-ant-oat') ?? false
  const standard = key !== undefined && !oauth ? { 'x-api-key': key } : {}
  return new Anthropic({
    apiKey: null,
    authToken: oauth ? (key ?? null) : null,
    ...(endpoint.baseUrl === undefined ? {} : { baseURL: endpoint.baseUrl }),
    defaultHeaders: {
      ...standard,
      ...endpoint.headers,
      ...(oauth ? { 'anthropic-beta': 'oauth-2025-04-20' } : {}),
    },
    maxRetries: 0,
    openTelemetry: false,
    // The SDK reads of a response what a `WireResponse` has: how it ended, its headers, its bytes as they come.
    fetch: wire as unknown as typeof fetch,
  })
}

/** An adapter that keeps one client an endpoint. */
export function anthropic(): Adapter {
  const clients = new Map<string, Anthropic>()
  const wire = openWire()
  return async function* (request, endpoint, signal, onLimits) {
    const name = JSON.stringify(endpoint)
    let client = clients.get(name)
    if (!client) clients.set(name, (client = clientFor(endpoint, wire)))
    try {
      // `messages.create` would write to the terminal about models that end some day.
      const { data, response } = await client
        .post<Stream<Anthropic.RawMessageStreamEvent>>('/v1/messages', {
          body: paramsOf(request),
          stream: true,
          signal,
        })
        .withResponse()
      readLimits(response.headers, 'anthropic-ratelimit-', limitKinds, onLimits)
      yield* read(data)
    } catch (error) {
      if (signal.aborted) yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      else if (error instanceof Anthropic.APIConnectionError)
        yield failureOf(undefined, `no connection: ${causeOf(error)}`)
      else if (error instanceof Anthropic.APIError)
        yield inBand(error) ?? failureOf(error.status, textOf(error), error.headers)
      else
        yield {
          type: 'failed',
          kind: 'broken',
          message: error instanceof Error ? error.message : String(error),
        }
    }
  }
}

/** The request as the Messages API takes it, with its cache breakpoints. */
export function paramsOf(request: ModelRequest): Params {
  const { stable, session } = request.system
  const cached = request.keepLong ? long : short
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(tool => ({
            name: tool.name,
            description: tool.description,
            input_schema: tool.schema as Anthropic.Tool.InputSchema,
          })),
        }),
    system: [
      { type: 'text', text: stable, ...cached },
      ...(session ? [{ type: 'text', text: session, ...cached } as const] : []),
    ],
    messages: request.messages.map(message => messageOf(message, cached)),
  }
}

function messageOf(message: Message, cached: typeof short | typeof long): Anthropic.MessageParam {
  const content = message.blocks.flatMap(contentOf)
  const last = content.at(-1)
  if (message.breakpoint && last && last.type !== 'thinking' && last.type !== 'redacted_thinking') {
    content[content.length - 1] = { ...last, ...cached } as Content
  }
  return { role: message.role, content: content.length > 0 ? content : [{ type: 'text', text: '(empty)' }] }
}

function contentOf(block: Block): Content[] {
  switch (block.type) {
    case 'text':
    case 'context':
      return block.text.trim() ? [{ type: 'text', text: block.text }] : []
    case 'thinking':
      if (block.data !== undefined) return [{ type: 'redacted_thinking', data: block.data }]
      return block.signature === undefined
        ? []
        : [{ type: 'thinking', thinking: block.text, signature: block.signature }]
    case 'tool_call':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input }]
    case 'tool_result':
      return [
        { type: 'tool_result', tool_use_id: block.callId, content: block.text, is_error: block.isError },
      ]
    case 'image':
      return [
        {
          type: 'image',
          source: {
            type: 'base64',
            media_type: block.mime as Anthropic.Base64ImageSource['media_type'],
            data: block.data,
          },
        },
      ]
    case 'document':
      return [
        {
          type: 'document',
          title: block.name,
          source:
            block.mime === 'application/pdf'
              ? { type: 'base64', media_type: 'application/pdf', data: block.data }
              : { type: 'text', media_type: 'text/plain', data: block.data },
        },
      ]
    default:
      return block satisfies never
  }
}

interface Open {
  type: 'text' | 'thinking' | 'redacted' | 'tool' | 'other'
  text: string
  signature: string
  id: string
  name: string
}

async function* read(stream: Stream<Anthropic.RawMessageStreamEvent>): AsyncGenerator<ModelEvent> {
  const blocks: Block[] = []
  const open = new Map<number, Open>()
  const ids = new Set<string>()
  let usage: Usage = noUsage
  let stop: string | null = null
  let late: NodeJS.Timeout | undefined
  try {
    for await (const event of stream) {
      if (late) continue
      if (event.type === 'message_start') usage = { ...usage, ...inputUsage(event.message.usage) }
      else if (event.type === 'content_block_start') open.set(event.index, begin(event.content_block))
      else if (event.type === 'content_block_delta') {
        const block = open.get(event.index)
        if (!block) continue
        const { delta } = event
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

/** Providers have reported worse than nothing: only a sane count counts. */
const count = (value: unknown): number => (typeof value === 'number' && value >= 0 && value < 1e8 ? value : 0)

/** An error that came inside a stream has no status, but names its kind. */
function inBand(error: InstanceType<typeof Anthropic.APIError>): ModelEvent | null {
  if (error.status !== undefined) return null
  const body = JSON.stringify(error.error ?? error.message)
  if (body.includes('overloaded')) return failureOf(529, textOf(error))
  if (body.includes('rate_limit')) return failureOf(429, textOf(error))
  return { type: 'failed', kind: 'broken', message: textOf(error) }
}

function textOf(error: InstanceType<typeof Anthropic.APIError>): string {
  const body = error.error as { error?: { message?: string } } | undefined
  return body?.error?.message ?? error.message
}

const causeOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message)
