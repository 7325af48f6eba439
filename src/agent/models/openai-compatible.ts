// The adapter of OpenAI's chat completions API and everything that speaks it.
import { openWire, type Wire, type WireResponse } from '../../http/wire.ts'
import type { ModelRequest } from '../model.ts'
import { type Adapter, type Endpoint, failureOf } from './adapter.ts'
import { readOpenaiLimits } from './openai-limits.ts'
import { paramsOf } from './openai-request.ts'
import { chunksOf, read } from './openai-stream.ts'

/** Where OpenAI itself is; everything else that speaks its API names a `base_url`. */
export const openaiUrl = 'https://api.openai.com/v1'

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
      yield* read(chunksOf(response.body))
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
