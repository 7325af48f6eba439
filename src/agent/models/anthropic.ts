// The adapter of Anthropic's Messages API: one client an endpoint, its failures in the words of the model contract.
import Anthropic from '@anthropic-ai/sdk'
import type { Stream } from '@anthropic-ai/sdk/streaming'
import { openWire, type Wire } from '../../http/wire.ts'
import type { ModelEvent, ModelRequest } from '../model.ts'
import { countTokens } from '../tokens.ts'
import { type Adapter, type Endpoint, failureOf, type OnLimits, readLimits } from './adapter.ts'
import { bodyOf } from './anthropic-request.ts'
import { type Heard, read } from './anthropic-stream.ts'

const limitKinds = ['requests', 'tokens', 'input-tokens', 'output-tokens']

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
    const heard: Heard = { usage: null, text: '' }
    for await (const event of answers(client, request, signal, onLimits, heard))
      yield event.type === 'failed' && heard.usage && (heard.text !== '' || signal.aborted)
        ? { ...event, usage: { ...heard.usage, output: countTokens(heard.text) } }
        : event
  }
}

async function* answers(
  client: Anthropic,
  request: ModelRequest,
  signal: AbortSignal,
  onLimits: OnLimits,
  heard: Heard,
): AsyncGenerator<ModelEvent> {
  try {
    // `messages.create` would write to the terminal about models that end some day.
    const { data, response } = await client
      .post<Stream<Anthropic.RawMessageStreamEvent>>('/v1/messages', {
        body: bodyOf(request),
        headers: { 'content-type': 'application/json' },
        stream: true,
        signal,
      })
      .withResponse()
    readLimits(response.headers, 'anthropic-ratelimit-', limitKinds, onLimits)
    yield* read(data, heard)
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
